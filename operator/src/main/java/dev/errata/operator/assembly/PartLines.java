package dev.errata.operator.assembly;

import dev.errata.api.InputException;
import dev.errata.api.listing.ListingLine;
import dev.errata.api.listing.ListingPart;
import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.IntFunction;

/** The lines of a listing, part after part; one of them is in memory. */
final class PartLines implements Iterator<ListingLine> {
  private final IntFunction<ListingPart> read;
  private final int parts;
  private int part;
  private Iterator<ListingLine> lines = Collections.emptyIterator();

  /**
   * Prepares.
   *
   * @param read gives a part by its number
   */
  PartLines(int parts, IntFunction<ListingPart> read) {
    this.parts = parts;
    this.read = read;
  }

  @Override
  public boolean hasNext() {
    while (!lines.hasNext() && part < parts) {
      ListingPart next = read.apply(part);
      if (next.head().part() != part || next.head().parts() != parts) {
        throw new InputException(
            "part %d of %d is told as part %d of %d: the files of its versions or the program that"
                    .formatted(part, parts, next.head().part(), next.head().parts())
                + " reads them have changed meanwhile");
      }
      lines = next.lines();
      part++;
    }
    return lines.hasNext();
  }

  @Override
  public ListingLine next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return lines.next();
  }
}
