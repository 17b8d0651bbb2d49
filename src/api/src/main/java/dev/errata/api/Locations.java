package dev.errata.api;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Turns what a manifest says about where something lies into a path. */
public final class Locations {
  private static final Pattern SCHEME =
      Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]+:.*", Pattern.DOTALL);

  private Locations() {}

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
        return Path.of(new URI(location));
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
