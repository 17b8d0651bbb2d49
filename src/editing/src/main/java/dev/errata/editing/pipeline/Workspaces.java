package dev.errata.editing.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.store.ConflictException;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionManifest;
import dev.errata.editing.checkpoint.store.VersionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The workspaces of a model's jobs. Each says which job it is of and what that job was made of, so
 * that a job whose inputs were changed after it was interrupted is told from one to go on with. The
 * caller has the model's lock.
 */
final class Workspaces {
  private static final String JOB = "job.json";
  private static final String PARENT = "parent";

  private final VersionStore store;
  private final String model;
  private final Progress progress;

  Workspaces(VersionStore store, String model, Progress progress) {
    this.store = store;
    this.model = model;
    this.progress = progress;
  }

  /**
   * Opens the workspace of a job.
   *
   * @param inputs of the job as it is now
   * @param restart whether to forget what the job has done with other inputs
   * @param rebase whether it may start again when only its parent has changed
   * @throws ConflictException naming what has changed since the job was interrupted
   */
  Workspace open(JobInputs inputs, boolean restart, boolean rebase) {
    for (Path other : store.workspaces(model)) {
      Optional<JobInputs> before = read(other).filter(o -> o.job().equals(inputs.job()));
      List<String> changes = before.map(o -> o.changesTo(inputs)).orElse(List.of());
      if (!changes.isEmpty()) {
        boolean moved = changes.stream().allMatch(change -> change.startsWith(PARENT));
        if (!restart && !(moved && rebase)) {
          throw new ConflictException(refusal(inputs.job(), changes));
        }
        progress.note(
            "job '" + inputs.job() + "' starts again: changed " + String.join("; ", changes));
        delete(other);
      }
    }
    Path directory = store.workspace(model, inputs.digest());
    write(directory, inputs);
    return new Workspace(directory, inputs.digest(), progress::note);
  }

  /**
   * Ends what a job has left that was killed when its version existed, but nothing more was done.
   *
   * @param version what the job has made
   * @param promote whether it is to become the current one
   */
  void finish(JobInputs inputs, Version version, boolean promote) {
    Path left = store.workspacePath(model, inputs.digest());
    if (!Files.exists(left)) {
      return;
    }
    VersionManifest made = version.manifest();
    if (promote
        && made.state() == VersionManifest.State.Published
        && store.model(model).current() < made.version()) {
      store.promote(model, made.version(), false);
    }
    delete(left);
  }

  private static String refusal(String job, List<String> changes) {
    return "job '"
        + job
        + "' was interrupted, and cannot go on because it has changed since: "
        + String.join("; ", changes)
        + "; put that back to go on, give the job another name, or forget what it had done:"
        + " --restart";
  }

  private static Optional<JobInputs> read(Path workspace) {
    Path file = workspace.resolve(JOB);
    try {
      return Files.exists(file)
          ? Optional.of(Workspace.JSON.readValue(Files.readAllBytes(file), JobInputs.class))
          : Optional.empty();
    } catch (JsonProcessingException e) {
      // Not to be told whose it is; garbage collection removes it in time.
      return Optional.empty();
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private static void write(Path workspace, JobInputs inputs) {
    Path file = workspace.resolve(JOB);
    try {
      if (!Files.exists(file)) {
        StorageFiles.write(file, Workspace.JSON.writeValueAsBytes(inputs));
      }
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private static void delete(Path workspace) {
    try {
      StorageFiles.deleteTree(workspace);
    } catch (IOException e) {
      throw IoProblems.of(workspace, e);
    }
  }
}
