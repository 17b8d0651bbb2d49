package dev.errata.operator.decide;

import java.util.List;

/**
 * A child Job of a Model that is to be made: its pods tell what the files of versions say.
 *
 * @param namespace of the Model
 * @param model name of the Model
 * @param modelUid of the Model
 * @param versions such as {@code v3}
 * @param parts how many pods tell a part each
 */
public record ListOrder(
    String namespace, String model, String modelUid, List<String> versions, int parts) {
  /** The most parts: pods of an Indexed Job have names with room for so many. */
  public static final int MOST_PARTS = 1024;

  public ListOrder {
    versions = List.copyOf(versions);
  }

  /** Whether it is about a version. */
  public boolean tells(Unlisted version) {
    return modelUid.equals(version.modelUid()) && versions.contains(version.version());
  }

  /** The same versions in another number of parts. */
  public ListOrder in(int otherParts) {
    return new ListOrder(namespace, model, modelUid, versions, otherParts);
  }
}
