package dev.errata.worker;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.store.GarbageCollector;
import dev.errata.editing.checkpoint.store.GarbageCollector.Item;
import dev.errata.editing.checkpoint.store.VersionStore;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code errata gc}. */
@Command(
    name = "gc",
    description = "Deletes what nothing refers to; never a version, and nothing that is in use.")
final class GcCommand extends Reporting {
  @Option(
      names = "--older-than",
      paramLabel = "DAYS",
      defaultValue = "7",
      description =
          "Days after its last change for which an interrupted job is kept (default:"
              + " ${DEFAULT-VALUE}).")
  private int days;

  @Option(
      names = "--cache",
      description = "Deletes kept statistics of that age too; they can be made again.")
  private boolean cache;

  @Option(names = "--dry-run", description = "Tells what would be deleted and deletes nothing.")
  private boolean dry;

  /** What was deleted, or would be, and what was not. */
  record Document(String store, boolean dryRun, long bytes, List<Item> deleted, List<Item> kept) {}

  @Override
  public Integer call() {
    if (days < 0) {
      throw new InputException("--older-than " + days + ": give 0 or more days");
    }
    VersionStore store = store();
    GarbageCollector.Findings found = store.collectGarbage(Duration.ofDays(days), cache, !dry);
    report(
        new Document(store.location(), dry, found.bytes(), found.garbage(), found.kept()),
        out -> {
          for (Item item : found.garbage()) {
            out.println((dry ? "would delete " : "deleted ") + describe(item));
          }
          found.kept().forEach(item -> out.println("kept " + describe(item)));
          out.println(
              String.format(
                  Locale.ROOT,
                  "%s %.1f MB in %s",
                  dry ? "would free" : "freed",
                  found.bytes() / 1e6,
                  store.location()));
        });
    return ExitCode.DONE;
  }

  private static String describe(Item item) {
    return String.format(
        Locale.ROOT, "%s (%.1f MB): %s", item.path(), item.bytes() / 1e6, item.reason());
  }
}
