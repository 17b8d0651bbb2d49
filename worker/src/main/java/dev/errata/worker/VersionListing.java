package dev.errata.worker;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.InputException;
import dev.errata.api.listing.ListedFact;
import dev.errata.api.listing.ListedVersion;
import dev.errata.api.listing.ListingWriter;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.store.TensorChange;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionManifest;
import dev.errata.editing.checkpoint.store.VersionStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tells what the files of versions say, a fact at a time: there may be a million. */
final class VersionListing {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final VersionStore store;
  private final ListingWriter writer;

  VersionListing(VersionStore store, ListingWriter writer) {
    this.store = store;
    this.writer = writer;
  }

  /** What a version's report says of its stages and facts. */
  private static final class Report {
    private final List<ListedVersion.Stage> stages = new ArrayList<>();
    private final Set<String> failed = new HashSet<>();
    private boolean judges;

    /** Whether a fact held after the edit; null when the report does not say. */
    Boolean verified(String prompt, String target) {
      return judges ? !failed.contains(key(prompt, target)) : null;
    }

    static String key(String prompt, String target) {
      return prompt + "\n" + target;
    }
  }

  /**
   * Tells of some versions, in their order.
   *
   * @param model name of their model
   * @param versions such as {@code v3}
   * @throws InputException when the store or the model is not there
   */
  void tell(String model, List<String> versions) {
    store.model(model);
    for (String name : versions) {
      try {
        tell(store.version(model + "@" + name));
      } catch (InputException e) {
        // One that is gone or damaged keeps no other from being told.
        writer.version(ListedVersion.of(name, e.getMessage()));
      }
    }
  }

  /** Everything that may be at fault is looked at before the first line. */
  private void tell(Version version) {
    VersionManifest manifest = version.manifest();
    Optional<Path> facts = version.factsFile();
    Report report = version.reportFile().map(VersionListing::report).orElseGet(Report::new);
    writer.version(
        new ListedVersion(
            "v" + manifest.version(),
            null,
            manifest.digest(),
            manifest.createdAt(),
            report.stages));
    for (TensorChange change : manifest.changed()) {
      writer.tensor(JSON.valueToTree(change));
    }
    facts.ifPresent(file -> tell(file, report));
    writer.end();
  }

  private void tell(Path facts, Report report) {
    try (BufferedReader lines = Files.newBufferedReader(facts)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank()) {
          writer.fact(fact(JSON.readTree(line), report));
        }
      }
    } catch (IOException e) {
      // It is as it was published: this is no fault of a person.
      throw new IllegalStateException(facts + " cannot be read", e);
    }
  }

  private static ListedFact fact(JsonNode fact, Report report) {
    String subject = fact.path("subject").asText();
    String prompt = fact.path("prompt").asText();
    String target = fact.path("target").asText();
    String filled = dev.errata.api.Fact.of(subject, prompt, target).filled();
    return new ListedFact(
        fact.path("id").asText(null),
        subject,
        prompt,
        target,
        fact.path("oldTarget").asText(null),
        report.verified(filled, target));
  }

  /** Reads no more of a report than is told: its facts may be as many as the version's. */
  private static Report report(Path file) {
    Report report = new Report();
    try (JsonParser parser = JSON.getFactory().createParser(file.toFile())) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals("stages") && value == JsonToken.START_ARRAY) {
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            report.stages.add(parser.readValueAs(ListedVersion.Stage.class));
          }
        } else if (field.equals("facts") && value == JsonToken.START_OBJECT) {
          report.judges = true;
          facts(parser, report);
        } else {
          parser.skipChildren();
        }
      }
      return report;
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private static void facts(JsonParser parser, Report report) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean failed = parser.currentName().equals("failed");
      JsonToken value = parser.nextToken();
      if (!failed || value != JsonToken.START_ARRAY) {
        parser.skipChildren();
        continue;
      }
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        JsonNode one = parser.readValueAsTree();
        report.failed.add(Report.key(one.path("prompt").asText(), one.path("target").asText()));
      }
    }
  }
}
