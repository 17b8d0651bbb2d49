package dev.errata.editing.checkpoint.store;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.ContentDigest;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.store.VersionManifest.FactsInfo;
import dev.errata.editing.checkpoint.store.VersionManifest.State;
import dev.errata.editing.checkpoint.store.VersionManifest.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A version in the making. Nobody sees it before {@link #publish}; closing it without publishing
 * leaves nothing. Not for use by several threads.
 */
public final class StagedVersion implements AutoCloseable {
  private static final ObjectMapper FACTS =
      JsonMapper.builder()
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_EMPTY, JsonInclude.Include.NON_NULL))
          .build();

  private final Layout layout;
  private final Version parent;
  private final StagingArea.Slot slot;
  private List<TensorChange> changed;
  private Set<String> rewritten = Set.of();
  private FactsInfo facts;

  private StagedVersion(Layout layout, Version parent, StagingArea.Slot slot) {
    this.layout = layout;
    this.parent = parent;
    this.slot = slot;
  }

  static StagedVersion begin(Layout layout, Version parent) {
    StagingArea area = new StagingArea(layout.staging(parent.manifest().model()));
    try {
      StagingArea.Slot slot = area.begin();
      Files.writeString(slot.directory().resolve(StoredFiles.MARKER), slot.id());
      return new StagedVersion(layout, parent, slot);
    } catch (IOException e) {
      throw IoProblems.of(area.root(), e);
    }
  }

  /** The version that this one is made from. */
  public Version parent() {
    return parent;
  }

  /** The checkpoint's directory; complete after {@link #write}. */
  public Path checkpointDirectory() {
    return slot.directory().resolve(Version.CHECKPOINT);
  }

  /** Opens the new checkpoint, for instance to evaluate it; the caller closes it. */
  public Checkpoint openCheckpoint() {
    return Checkpoint.open(checkpointDirectory());
  }

  /**
   * Writes the checkpoint and the delta. Shards without a changed tensor are hard links to the
   * parent's.
   *
   * @param names the changed tensors
   * @param values their new bytes, in the stored type and shape, little-endian; asked once for each
   * @return how each of them changed
   * @throws dev.errata.api.InputException when the disk is full or a new value is not finite
   */
  public List<TensorChange> write(Set<String> names, Function<String, ByteBuffer> values) {
    if (changed != null) {
      throw new IllegalStateException("the checkpoint of this version is written already");
    }
    try (Checkpoint base = parent.openCheckpoint()) {
      rewritten = names.stream().map(name -> base.tensor(name).file()).collect(Collectors.toSet());
      StoredFiles.requireSpace(layout.root(), rewrittenBytes());
      Files.createDirectory(checkpointDirectory());
      CheckpointWriter.writeInto(
          base, checkpointDirectory(), names, values, StorageFiles.Reuse.HARD_LINK);
      List<TensorChange> changes = new ArrayList<>();
      try (Checkpoint edited = openCheckpoint()) {
        edited.requireFinite(names);
        names.stream().sorted().forEach(n -> changes.add(TensorChange.between(base, edited, n)));
        CheckpointWriter.writeDelta(
            slot.directory().resolve(Version.DELTA),
            base,
            names,
            edited::data,
            Map.of("parent", parent.manifest().digest()));
      }
      changed = List.copyOf(changes);
      return changed;
    } catch (IOException e) {
      throw IoProblems.of(layout.root(), e);
    }
  }

  private long rewrittenBytes() {
    return parent.manifest().files().stream()
        .filter(file -> isRewritten(file.path()))
        .mapToLong(StoredFile::size)
        .sum();
  }

  private boolean isRewritten(String path) {
    return rewritten.stream().anyMatch(file -> path.equals(Version.CHECKPOINT + "/" + file));
  }

  /** Writes the facts that the job was given, in the format Jsonl. */
  public void writeFacts(List<Fact> given) {
    StringBuilder lines = new StringBuilder();
    try {
      for (Fact fact : given) {
        ObjectNode line = FACTS.valueToTree(fact);
        line.remove("line");
        lines.append(FACTS.writeValueAsString(line)).append('\n');
      }
      StorageFiles.write(slot.directory().resolve(Version.FACTS), lines.toString());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a fact that cannot be written as JSON", e);
    } catch (IOException e) {
      throw IoProblems.of(layout.root(), e);
    }
    facts = new FactsInfo(given.size(), "sha256:" + Sha256.ofText(lines.toString()));
  }

  /** Writes the keys of the facts, for later jobs to keep. */
  public void writeKeys(Map<String, CheckpointWriter.NewTensor> keys) {
    CheckpointWriter.create(
        slot.directory().resolve(Version.KEYS),
        JsonNodeFactory.instance.objectNode(),
        keys,
        Map.of(),
        CheckpointWriter.DEFAULT_SHARD_BYTES);
  }

  /** Writes the job's report. */
  public void writeReport(JsonNode report) {
    try {
      StorageFiles.write(slot.directory().resolve(Version.REPORT), report.toPrettyString() + "\n");
    } catch (IOException e) {
      throw IoProblems.of(layout.root(), e);
    }
  }

  /**
   * Makes the version exist, under the next free number.
   *
   * @param draft what the caller knows of it
   * @param promotion whether it becomes current when it is published
   * @return the version as it is stored from now on
   */
  public Version publish(VersionDraft draft, Promotion promotion) {
    if (changed == null || facts == null) {
      throw new IllegalStateException("a version needs a checkpoint and facts");
    }
    String model = parent.manifest().model();
    try {
      ContentDigest digest = contentDigest();
      List<StoredFile> files = StoredFiles.describe(slot.directory(), knownFiles());
      Publication publication = new Publication(parent.origin(), parent, slot);
      Version version =
          publication.publish(files, number -> manifest(draft, number, digest, files));
      if (promotion == Promotion.Automatic && draft.state() == State.Published) {
        int number = version.manifest().version();
        parent.origin().update(model, m -> m.current() < number ? m.withCurrent(number) : m);
      }
      return version;
    } catch (IOException e) {
      throw IoProblems.of(layout.root(), e);
    }
  }

  private ContentDigest contentDigest() {
    Map<String, String> known = new HashMap<>(parent.manifest().tensors());
    changed.forEach(change -> known.remove(change.name()));
    try (Checkpoint edited = openCheckpoint()) {
      return ContentDigest.of(edited, known);
    }
  }

  /** Digests of the hard-linked files. */
  private Map<String, String> knownFiles() {
    Map<String, String> known = new TreeMap<>();
    for (StoredFile file : parent.manifest().files()) {
      if (file.path().startsWith(Version.CHECKPOINT + "/") && !isRewritten(file.path())) {
        known.put(file.path(), file.sha256());
      }
    }
    return known;
  }

  private VersionManifest manifest(
      VersionDraft draft, int number, ContentDigest digest, List<StoredFile> files) {
    return new VersionManifest(
        VersionManifest.SCHEMA,
        parent.manifest().model(),
        number,
        parent.manifest().version(),
        parent.manifest().digest(),
        draft.state(),
        draft.reason(),
        digest.root(),
        facts,
        draft.method(),
        draft.settings(),
        draft.seed(),
        draft.jobDigest(),
        draft.metrics(),
        changed,
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        files,
        digest.tensors());
  }

  /** Ends the making; leaves nothing unless {@link #publish} has succeeded. */
  @Override
  public void close() {
    try {
      slot.close();
    } catch (IOException e) {
      throw IoProblems.of(layout.root(), e);
    }
  }
}
