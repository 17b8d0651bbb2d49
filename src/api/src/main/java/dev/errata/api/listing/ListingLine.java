package dev.errata.api.listing;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;

/**
 * A line of a listing: a version, then a line for each tensor and fact of it, then its end. Of a
 * version with a problem there is its own line only.
 *
 * @param version begins a version; or null
 * @param tensor how the version changed a tensor, as its manifest says; or null
 * @param fact of the version; or null
 * @param end ends the version; or null
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ListingLine(ListedVersion version, JsonNode tensor, ListedFact fact, End end) {
  /**
   * The end of a version.
   *
   * @param facts how many lines told a fact of it
   * @param cut how many tensors and facts are left out, since they are too long for a line
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record End(long facts, long cut) {}
}
