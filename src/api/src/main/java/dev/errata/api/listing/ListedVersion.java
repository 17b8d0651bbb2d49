package dev.errata.api.listing;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * A version as its files tell it; its tensors and facts follow.
 *
 * @param version such as {@code v3}
 * @param problem why its files are not told, in a sentence; null when they are
 * @param digest content address of its checkpoint; null with a problem
 * @param createdAt ISO 8601 in UTC; null with a problem
 * @param stages how long it took, in their order; null with a problem
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ListedVersion(
    String version, String problem, String digest, String createdAt, List<Stage> stages) {
  /**
   * How long a stage took.
   *
   * @param unit of its items, such as {@code facts}; or null
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Stage(String name, double seconds, String unit, Long items) {}

  /** One whose files cannot be told. */
  public static ListedVersion of(String version, String problem) {
    return new ListedVersion(version, problem, null, null, null);
  }
}
