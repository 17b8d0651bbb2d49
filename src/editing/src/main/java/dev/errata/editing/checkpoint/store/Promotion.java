package dev.errata.editing.checkpoint.store;

/** What a publication does to a model's current version; the words of {@code spec.promotion}. */
public enum Promotion {
  /** A published version becomes current unless a newer one is. */
  Automatic,
  /** The current version stays until somebody promotes another. */
  Manual
}
