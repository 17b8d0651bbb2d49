package dev.errata.api.event;

/** Bounds of what events hold. */
final class Numbers {
  private Numbers() {}

  static void atLeast(long least, long value, String field) {
    if (value < least) {
      throw new IllegalArgumentException(
          field + " is " + value + ", at least " + least + " wanted");
    }
  }
}
