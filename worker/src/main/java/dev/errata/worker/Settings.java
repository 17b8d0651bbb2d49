package dev.errata.worker;

import dev.errata.editing.checkpoint.store.VersionStore;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The options that every command takes. */
final class Settings {
  @Option(
      names = "--store",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description = "Where models and their versions lie (default: $XDG_DATA_HOME/errata).")
  private Path store;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Shows the stack trace of an error.")
  private boolean debug;

  Path storeRoot() {
    return store == null ? VersionStore.defaultRoot(System.getenv()) : store;
  }

  VersionStore store() {
    return VersionStore.open(storeRoot());
  }

  boolean debug() {
    return debug;
  }
}
