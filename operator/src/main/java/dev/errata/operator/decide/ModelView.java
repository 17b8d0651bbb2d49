package dev.errata.operator.decide;

/**
 * What a decision about a job needs to know of its Model.
 *
 * @param name its name
 * @param ready whether its base is imported
 * @param why why it cannot be imported, in one sentence; null when it is or will be
 * @param current the version that serving reads
 * @param latest the newest published version
 * @param pinned whether {@code spec.current} says what serving reads, so that jobs promote nothing
 */
public record ModelView(
    String name, boolean ready, String why, String current, String latest, boolean pinned) {
  /** The version that {@code spec.from} of a job means now. */
  String resolve(String from) {
    return switch (from) {
      case "Current" -> current;
      case "Latest" -> latest;
      case "Base" -> "v0";
      default -> from;
    };
  }
}
