package dev.errata.worker;

import dev.errata.editing.checkpoint.store.Model;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code errata promote}. */
@Command(name = "promote", description = "Makes a version the current one of its model.")
final class PromoteCommand extends Reporting {
  @Parameters(paramLabel = "NAME@vN", description = "The version.")
  private String reference;

  @Option(names = "--force", description = "Promotes a rejected version too.")
  private boolean force;

  /** The model's current version, now and before. */
  record Document(String model, String current, String previous) {}

  @Override
  public Integer call() {
    VersionStore store = store();
    Version version = store.version(reference);
    String name = version.manifest().model();
    int previous = store.model(name).current();
    Model model = store.promote(name, version.manifest().version(), force);
    report(
        new Document(name, "v" + model.current(), "v" + previous),
        out -> out.println("current version of " + name + ": v" + model.current()));
    return ExitCode.DONE;
  }
}
