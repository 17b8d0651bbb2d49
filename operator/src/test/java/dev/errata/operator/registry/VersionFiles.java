package dev.errata.operator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.errata.api.listing.ListedFact;
import dev.errata.api.listing.ListedVersion;
import dev.errata.api.listing.ListingLine;
import java.util.ArrayList;
import java.util.List;

/**
 * What the files of a version say, as pods list it.
 *
 * @param version what begins it
 */
record VersionFiles(ListedVersion version, List<JsonNode> tensors, List<ListedFact> facts) {
  /** Its lines, up to its end. */
  List<ListingLine> lines() {
    List<ListingLine> lines = new ArrayList<>();
    tensors.forEach(tensor -> lines.add(new ListingLine(null, tensor, null, null)));
    facts.forEach(fact -> lines.add(new ListingLine(null, null, fact, null)));
    lines.add(new ListingLine(null, null, null, new ListingLine.End(facts.size(), 0)));
    return lines;
  }

  /** Tells a registry of them, when it waits for that. */
  void tell(RegistryWriter writer, String namespace, String model) {
    writer.unlisted().stream()
        .filter(one -> one.namespace().equals(namespace) && one.model().equals(model))
        .filter(one -> one.version().equals(version.version()))
        .filter(one -> one.digest().equals(version.digest()))
        .forEach(one -> writer.listed(one, version, lines().iterator()));
  }
}
