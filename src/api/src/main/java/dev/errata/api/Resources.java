package dev.errata.api;

/** Where the resources of Errata live in a cluster. */
public final class Resources {
  /** API group. */
  public static final String GROUP = "errata.dev";

  /** Version of the group that this release writes. */
  public static final String VERSION = "v1alpha1";

  /** What a manifest says under {@code apiVersion}. */
  public static final String API_VERSION = GROUP + "/" + VERSION;

  private Resources() {}
}
