package dev.errata.operator.decide;

/**
 * Work on the storage of a Model that is no edit.
 *
 * @param name suffix of the child Job's name
 * @param version the version to make current; null to import the base
 */
public record ModelTask(String name, String version) {
  /** Brings the base checkpoint into the store. */
  public static final ModelTask IMPORT = new ModelTask("import", null);

  /** Makes a version current; a name for each wish, as a version may be wished for twice. */
  public static ModelTask promote(String version, long generation) {
    return new ModelTask("promote-g" + generation, version);
  }
}
