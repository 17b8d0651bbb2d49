package dev.errata.operator.assembly;

import dev.errata.api.listing.ListedVersion;
import dev.errata.api.listing.ListingLine;
import dev.errata.operator.decide.Unlisted;
import java.util.Iterator;
import java.util.List;

/** Where it is kept what the files of versions say. */
public interface VersionShelf {
  /** The versions whose files it has not been told of, oldest first. */
  List<Unlisted> unlisted();

  /**
   * Is told what the files of a version say.
   *
   * @param lines those of the version, up to its end; they are read from pods as they are asked for
   */
  void listed(Unlisted version, ListedVersion told, Iterator<ListingLine> lines);

  /** Is told why it is not told what the files of some versions say. */
  void lacks(List<Unlisted> versions, String reason);
}
