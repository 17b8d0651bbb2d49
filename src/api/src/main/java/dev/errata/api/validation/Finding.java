package dev.errata.api.validation;

/**
 * One thing that is wrong with a resource.
 *
 * @param path the field, such as {@code spec.facts.inline[3].prompt}; empty for the whole
 * @param message what is wrong, in the words of the API server, and how to mend it
 * @param blocking whether rules can no longer be evaluated
 */
public record Finding(String path, String message, boolean blocking) {
  @Override
  public String toString() {
    return path.isEmpty() ? message : path + ": " + message;
  }

  static String child(String path, String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  static String item(String path, int index) {
    return path + "[" + index + "]";
  }
}
