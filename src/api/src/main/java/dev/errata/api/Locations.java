package dev.errata.api;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;

/** Turns what a manifest says about where something lies into a path. */
public final class Locations {
  private static final Pattern SCHEME =
      Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]+:.*", Pattern.DOTALL);

  private Locations() {}

  /** The endpoint of S3 that the environment names as for the tools of AWS, or an empty text. */
  public static String endpoint(Map<String, String> environment) {
    String general = environment.getOrDefault("AWS_ENDPOINT_URL", "");
    return environment.getOrDefault("AWS_ENDPOINT_URL_S3", general);
  }

  /** An address in a bucket with the endpoint that the environment names; any other as it is. */
  static URI located(URI uri, Map<String, String> environment) {
    String endpoint = endpoint(environment);
    if (!"s3".equals(uri.getScheme()) || endpoint.isEmpty()) {
      return uri;
    }
    String host = URI.create(endpoint).getRawAuthority();
    return URI.create("s3x://" + host + "/" + uri.getRawAuthority() + uri.getRawPath());
  }

  /**
   * A path as the command line names it: a URI, or relative to the working directory.
   *
   * @throws InputException when no file system is known for the URI, or it is none
   */
  public static Path path(String location) {
    if (!SCHEME.matcher(location).matches()) {
      return Path.of(location);
    }
    try {
      return Path.of(located(new URI(location), System.getenv()));
    } catch (FileSystemNotFoundException e) {
      throw new InputException(
          location + ": no file system is installed for this scheme; give a path", e);
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new InputException(location + ": not a path or URI (" + e.getMessage() + ")", e);
    }
  }

  /** What messages call a path: its URI where it is not of this machine. */
  public static String name(Path path) {
    return path.getFileSystem().equals(FileSystems.getDefault())
        ? path.toString()
        : path.toUri().toString();
  }

  /**
   * A path of the default file system, or of the provider that is installed for the URI's scheme.
   *
   * @param manifest the file that speaks of the location; relative paths start at its folder
   * @param location a path or a URI
   * @param field what messages call it, such as {@code spec.facts.uri}
   * @throws InputException when no file system is known for the URI, or it is none
   */
  public static Path resolve(Path manifest, String location, String field) {
    String value = manifest + ": " + field + ": Invalid value: " + Text.quote(location) + ": ";
    try {
      if (SCHEME.matcher(location).matches()) {
        return Path.of(located(new URI(location), System.getenv()));
      }
      Path folder = manifest.toAbsolutePath().getParent();
      return folder.resolve(location).normalize();
    } catch (FileSystemNotFoundException e) {
      throw new InputException(
          value + "no file system is installed for this scheme; give a path or a file: URI", e);
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new InputException(
          value + "not a path or URI (" + e.getMessage() + "); give a path", e);
    }
  }
}
