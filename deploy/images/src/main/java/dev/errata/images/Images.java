package dev.errata.images;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.RegistryImage;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Puts a program on a base image that has a Java runtime. The same inputs give the same image. */
@Command(
    name = "images",
    description = "Builds an image of Errata without a Docker daemon.",
    mixinStandardHelpOptions = true)
public final class Images implements Callable<Integer> {
  /** Not root, and a number, so that a kubelet can tell. */
  private static final String USER = "10001:10001";

  private static final AbsoluteUnixPath APP = AbsoluteUnixPath.get("/app");

  @Option(
      names = "--base",
      required = true,
      paramLabel = "IMAGE",
      description = "The base: a reference in a registry, or FILE.tar of docker save.")
  private String base;

  @Option(names = "--name", required = true, description = "Name of the new image.")
  private String name;

  @Option(
      names = "--to",
      paramLabel = "FILE.tar",
      description = "Where to write the image; absent: it is pushed to its registry.")
  private Path to;

  @Option(
      names = "--classpath",
      paramLabel = "FILE",
      description = "A file with the jars of the program, separated by colons.")
  private Path classpath;

  @Option(names = "--jar", paramLabel = "FILE", description = "The program's own jar.")
  private Path jar;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "A folder to be put into /app, instead of jars.")
  private Path folder;

  @Option(
      names = "--run",
      required = true,
      arity = "1..*",
      description = "What java is given: -jar /app/x.jar, or -cp /app/* and a class.")
  private List<String> run;

  @Option(
      names = "--without",
      paramLabel = "PREFIX",
      description = "Jars whose names begin so are left out, such as pytorch-native-.")
  private List<String> without = List.of();

  @Option(names = "--env", paramLabel = "NAME=VALUE", description = "More of the environment.")
  private Map<String, String> environment = Map.of();

  @Option(
      names = "--insecure",
      description =
          "Lets a registry answer by plain HTTP, or with a certificate nobody vouches for.")
  private boolean insecure;

  /** Runs the command line. */
  public static void main(String[] args) {
    System.exit(
        new CommandLine(new Images()).setExecutionExceptionHandler(Images::explain).execute(args));
  }

  /** Says in a line what a registry, a base or a disk has refused. */
  private static int explain(Exception error, CommandLine line, CommandLine.ParseResult parsed) {
    Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
    Images images = line.getCommand();
    line.getErr().println("images: " + images.name + " is not built: " + cause);
    return 1;
  }

  @Override
  public Integer call() throws Exception {
    List<String> entrypoint = new ArrayList<>(List.of("java"));
    entrypoint.addAll(run);
    JibContainerBuilder image =
        from()
            .setFileEntriesLayers(layers())
            .setEntrypoint(entrypoint)
            .setUser(USER)
            .setCreationTime(Instant.EPOCH)
            .setEnvironment(environment())
            .setWorkingDirectory(APP);
    image.containerize(target().setToolName("errata").setAllowInsecureRegistries(insecure));
    System.err.println("image " + name + (to == null ? " is pushed" : " lies in " + to));
    return 0;
  }

  private Map<String, String> environment() {
    Map<String, String> all = new TreeMap<>(environment);
    all.put("LANG", "C.UTF-8");
    all.put("OMP_WAIT_POLICY", "PASSIVE");
    return all;
  }

  private JibContainerBuilder from() throws InvalidImageReferenceException {
    return base.endsWith(".tar") ? Jib.from(TarImage.at(Path.of(base))) : Jib.from(base);
  }

  private Containerizer target() throws InvalidImageReferenceException {
    return to == null
        ? Containerizer.to(RegistryImage.named(name))
        : Containerizer.to(TarImage.at(to).named(name));
  }

  /** What changes least comes first, so that a new program costs a push of its own jars only. */
  private List<FileEntriesLayer> layers() throws IOException {
    if (folder != null) {
      return List.of(folderLayer());
    }
    FileEntriesLayer.Builder others = FileEntriesLayer.builder().setName("libraries");
    FileEntriesLayer.Builder own = FileEntriesLayer.builder().setName("program");
    Arrays.stream(Files.readString(classpath).strip().split(":"))
        .map(Path::of)
        .filter(library -> without.stream().noneMatch(library.getFileName().toString()::startsWith))
        .sorted()
        .forEach(
            library -> {
              boolean ours = library.getFileName().toString().startsWith("errata-");
              (ours ? own : others)
                  .addEntry(library, APP.resolve(library.getFileName().toString()));
            });
    own.addEntry(jar, APP.resolve(jar.getFileName().toString()));
    return List.of(others.build(), own.build());
  }

  private FileEntriesLayer folderLayer() throws IOException {
    FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName("program");
    try (var files = Files.walk(folder)) {
      files
          .filter(Files::isRegularFile)
          .sorted()
          .forEach(file -> layer.addEntry(file, APP.resolve(folder.relativize(file).toString())));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return layer.build();
  }
}
