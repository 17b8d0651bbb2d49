package dev.errata.worker;

import dev.errata.editing.checkpoint.RemoteFiles;
import dev.errata.editing.checkpoint.RemoteObjects;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.torch.Engines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import picocli.CommandLine.Command;

/** {@code errata doctor}. */
@Command(
    name = "doctor",
    description = "Looks whether Java, PyTorch, memory and the store are as they should be.")
final class DoctorCommand extends Reporting {
  private static final long GIB = 1L << 30;
  private static final long LITTLE_MEMORY = 2 * GIB;
  private static final long LITTLE_SPACE = 2 * GIB;
  private static final int JAVA = 17;

  /** How a thing is. */
  enum State {
    /** As it should be. */
    OK,
    /** Works, though something is missing or small. */
    WARN,
    /** Does not work. */
    FAIL
  }

  /**
   * One look.
   *
   * @param name what was looked at
   * @param state how it is
   * @param found what was found
   * @param mend what to do about it, or null
   */
  record Check(String name, State state, String found, String mend) {
    static Check ok(String name, String found) {
      return new Check(name, State.OK, found, null);
    }
  }

  /** All looks. */
  record Document(boolean ok, List<Check> checks) {}

  @Override
  public Integer call() {
    List<Check> checks = new ArrayList<>();
    checks.add(java());
    checks.addAll(engine());
    checks.add(memory());
    checks.addAll(storage(settings().storeRoot()));
    boolean ok = checks.stream().noneMatch(check -> check.state() == State.FAIL);
    report(
        new Document(ok, checks),
        out -> {
          TextTable table = new TextTable("CHECK", "", "FOUND");
          checks.forEach(c -> table.row(c.name(), c.state().name(), c.found()));
          table.print(out);
          checks.stream()
              .filter(check -> check.mend() != null)
              .forEach(check -> out.println(check.name() + ": " + check.mend()));
        });
    return ok ? ExitCode.DONE : ExitCode.INPUT;
  }

  private static Check java() {
    Runtime.Version version = Runtime.version();
    String found = version + ", " + System.getProperty("java.vendor");
    return version.feature() >= JAVA
        ? Check.ok("Java", found)
        : new Check("Java", State.FAIL, found, "set JAVA_HOME to a JDK 17 or later");
  }

  private static List<Check> engine() {
    try {
      Engines.Description engine = Engines.describe();
      String found = engine.name() + " " + engine.version();
      Check gpu =
          engine.gpus() > 0
              ? Check.ok("GPU", engine.gpus() + " device(s), CUDA " + engine.cuda())
              : Check.ok("GPU", "none that PyTorch can use here; --device cpu works");
      int cores = Runtime.getRuntime().availableProcessors();
      return List.of(Check.ok("native library", found), gpu, Check.ok("processors", cores + ""));
    } catch (RuntimeException | LinkageError e) {
      String mend =
          "Errata runs on Linux x86_64 with glibc; a half fetched library is fetched again after"
              + " deleting ~/.djl.ai/pytorch";
      return List.of(new Check("native library", State.FAIL, String.valueOf(e.getMessage()), mend));
    }
  }

  private static Check memory() {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long total = system.getTotalMemorySize();
    String found =
        String.format(
            Locale.ROOT,
            "%.1f GiB (the container's limit, where there is one), %.1f GiB free; Java's heap"
                + " takes up to %.1f",
            (double) total / GIB,
            (double) system.getFreeMemorySize() / GIB,
            (double) Runtime.getRuntime().maxMemory() / GIB);
    return total >= LITTLE_MEMORY
        ? Check.ok("memory", found)
        : new Check("memory", State.WARN, found, "small models need about 1 GiB, 1B models 6 GiB");
  }

  private static List<Check> storage(Path root) {
    List<Check> checks = new ArrayList<>();
    try {
      VersionStore store = VersionStore.open(root);
      int models = store.models().size();
      checks.add(Check.ok("store", store.location() + ", " + models + " model(s)"));
      checks.add(RemoteFiles.isRemote(root) ? bucket(root) : writable(root));
    } catch (RuntimeException e) {
      checks.add(new Check("store", State.FAIL, e.getMessage(), "give another --store"));
    }
    return checks;
  }

  /** Tries what publishing in a bucket does: of two exclusive puts one wins. */
  private static Check bucket(Path root) {
    Path probe = root.resolve(".doctor-" + UUID.randomUUID());
    boolean first = RemoteObjects.create(probe, new byte[] {1});
    boolean second = RemoteObjects.create(probe, new byte[] {2});
    RemoteObjects.delete(probe);
    return first && !second
        ? Check.ok("storage", "exclusive puts work (If-None-Match)")
        : new Check(
            "storage",
            State.FAIL,
            "the endpoint takes no account of If-None-Match: two publishers could get one number",
            "use an object store with conditional writes");
  }

  /** Tries what publishing does: a new file, a second name for it, a rename. */
  private static Check writable(Path root) {
    Path place = root.toAbsolutePath();
    while (!Files.exists(place)) {
      place = place.getParent();
    }
    try {
      long free = Files.getFileStore(place).getUsableSpace();
      Path file = Files.createTempFile(place, ".doctor", ".tmp");
      Path link = file.resolveSibling(file.getFileName() + ".link");
      boolean links = true;
      try {
        Files.createLink(link, file);
      } catch (UnsupportedOperationException | IOException e) {
        links = false;
      } finally {
        Files.deleteIfExists(link);
        Files.delete(file);
      }
      String found =
          String.format(
              Locale.ROOT,
              "%.1f GiB free, %s",
              (double) free / GIB,
              links ? "hard links work" : "no hard links: every version is a whole copy");
      boolean little = free < LITTLE_SPACE;
      return new Check(
          "storage",
          little || !links ? State.WARN : State.OK,
          found,
          little ? "free some space: a version takes what it changed" : null);
    } catch (IOException | UncheckedIOException e) {
      String found = place + " cannot be written: " + e.getMessage();
      return new Check("storage", State.FAIL, found, "grant the right or give another --store");
    }
  }
}
