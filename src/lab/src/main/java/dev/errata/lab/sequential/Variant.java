package dev.errata.lab.sequential;

import dev.errata.api.resource.Method;

/** A way to run one job after another. */
enum Variant {
  /** MEMIT; the keys of earlier versions are kept. */
  MEMIT(Method.Type.MEMIT, true),
  /** AlphaEdit; the keys of earlier versions are kept. */
  AlphaEdit(Method.Type.AlphaEdit, true),
  /** MEMIT without the keys of earlier versions. */
  MEMITForgetting(Method.Type.MEMIT, false);

  private final Method.Type type;
  private final boolean keepEarlier;

  Variant(Method.Type type, boolean keepEarlier) {
    this.type = type;
    this.keepEarlier = keepEarlier;
  }

  /** The method of its jobs, with the preset of the model. */
  Method method() {
    return new Method(type, null, null, keepEarlier);
  }
}
