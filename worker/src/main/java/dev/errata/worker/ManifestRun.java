package dev.errata.worker;

import dev.errata.api.EditJob;
import dev.errata.api.InputException;
import dev.errata.api.Locations;
import dev.errata.api.Model;
import dev.errata.api.Progress;
import dev.errata.api.event.JobRef;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.facts.FactReader;
import dev.errata.api.facts.FactSet;
import dev.errata.api.resource.FactsSource;
import dev.errata.api.resource.ModelSpec;
import dev.errata.api.resource.Stage;
import dev.errata.api.validation.JobFacts;
import dev.errata.api.validation.Manifests;
import dev.errata.editing.checkpoint.RemoteFiles;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionRef;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.pipeline.EditJobRun;
import dev.errata.editing.pipeline.EditRequest;
import dev.errata.editing.pipeline.JobReport;
import dev.errata.editing.torch.Compute;
import dev.errata.worker.meters.WorkerMeters;
import dev.errata.worker.progress.JobEvents;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Does what a file of resources says: models are imported, jobs are run, in the file's order. */
final class ManifestRun {
  private final Path file;
  private final VersionStore store;
  private final Progress progress;
  private final Options options;
  private final Map<String, VersionStore> stores = new HashMap<>();

  /**
   * How to run.
   *
   * @param compute where and in which type models run
   * @param mostFacts how many facts of a job are taken
   * @param restart whether to forget what interrupted runs of changed jobs have done
   * @param memory bytes that a job may take
   * @param kafka who hears of progress
   * @param meters what measures, or null
   */
  record Options(
      Compute compute,
      int mostFacts,
      boolean restart,
      long memory,
      KafkaOption kafka,
      WorkerMeters meters) {
    /** Everything that the manifest says, on the processor. */
    static final Options DEFAULT =
        new Options(
            Compute.CPU,
            Integer.MAX_VALUE,
            false,
            MemoryOption.ofMachine(),
            new KafkaOption(),
            null);
  }

  ManifestRun(Path file, VersionStore store, Progress progress, Options options) {
    this.file = file;
    this.store = store;
    this.progress = progress;
    this.options = options;
  }

  /** A model that was imported or was there. */
  record Imported(String model, String version, String digest, String directory) {}

  /** What came of all documents. */
  record Outcome(List<Imported> models, List<JobReport> jobs) {
    int exitCode() {
      boolean rejected = jobs.stream().anyMatch(job -> job.state().equals("Rejected"));
      return rejected ? ExitCode.GATE : ExitCode.DONE;
    }
  }

  /** Reads everything first, so that nothing is written when anything is wrong. */
  Outcome run() {
    List<HasMetadata> resources = Manifests.read(file);
    Map<EditJob, EditRequest> requests = new HashMap<>();
    List<String> problems = new ArrayList<>();
    for (HasMetadata resource : resources) {
      if (resource instanceof EditJob job && !skipped(job)) {
        try {
          options.kafka().access(job.getSpec().progress());
          requests.put(job, request(job, resources));
        } catch (InputException e) {
          problems.addAll(e.problems());
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new InputException(problems);
    }
    List<Imported> models = new ArrayList<>();
    List<JobReport> jobs = new ArrayList<>();
    for (HasMetadata resource : resources) {
      if (resource instanceof Model model) {
        models.add(ensure(model));
      } else if (resource instanceof EditJob job && requests.containsKey(job)) {
        EditRequest request = requests.get(job);
        VersionStore in = stores.getOrDefault(request.spec().model(), store);
        jobs.add(run(in, job, request));
      }
    }
    return new Outcome(models, jobs);
  }

  private JobReport run(VersionStore in, EditJob job, EditRequest request) {
    ObjectMeta meta = job.getMetadata();
    JobRef ref =
        JobRef.of(meta.getNamespace(), meta.getName(), meta.getUid(), job.getSpec().model());
    KafkaAccess access = options.kafka().access(job.getSpec().progress()).orElse(null);
    try (Telling telling =
        Telling.of(
            access, ref, JobEvents.Place.LAPTOP, progress, options.meters(), System.getenv())) {
      JobReport report = telling.of(heard -> EditJobRun.run(in, request, options.compute(), heard));
      telling.result(() -> PodReports.result(in, Stage.Publish, report));
      return report;
    }
  }

  private boolean skipped(EditJob job) {
    String why = null;
    if (Boolean.TRUE.equals(job.getSpec().suspend())) {
      why = "is suspended";
    } else if (job.getSpec().managedBy() != null) {
      why = "is managed by " + job.getSpec().managedBy();
    }
    if (why != null) {
      progress.note("EditJob \"" + job.getMetadata().getName() + "\" " + why + ": left alone");
    }
    return why != null;
  }

  private EditRequest request(EditJob job, List<HasMetadata> resources) {
    FactSet facts = JobFacts.read(job, file, resources, RemoteFiles::open);
    FactsSource source = job.getSpec().facts();
    if (facts.facts().size() > options.mostFacts()) {
      FactReader.Options limits =
          new FactReader.Options(FactReader.MAX_FACTS, source.contradictions());
      facts =
          FactReader.check(facts.facts().subList(0, options.mostFacts()), i -> "fact " + i, limits);
    }
    String place = source.uri() == null ? file + ": spec.facts" : source.uri();
    String name = job.getMetadata().getName();
    return new EditRequest(
        name, job.getSpec(), facts, place, file, options.restart(), options.memory());
  }

  private Imported ensure(Model model) {
    String name = model.getMetadata().getName();
    ModelSpec spec = model.getSpec();
    VersionStore in = storeOf(name, spec);
    if (spec.source().claim() != null) {
      throw clusterOnly(name, "spec.source.claim", "a path in spec.source.uri without it");
    }
    Path source = Locations.resolve(file, spec.source().uri(), "spec.source.uri");
    Version version = Imports.run(in, name, source, progress::note);
    if (spec.current() != null) {
      int number = in.version(VersionRef.of(name, spec.current())).manifest().version();
      if (in.model(name).current() != number) {
        in.promote(name, number, false);
        progress.note("current version of " + name + ": " + spec.current());
      }
    }
    return new Imported(name, "v0", version.manifest().digest(), version.location());
  }

  private VersionStore storeOf(String name, ModelSpec spec) {
    if (spec.storage() == null) {
      return store;
    }
    if (spec.storage().claim() != null) {
      throw clusterOnly(
          name, "spec.storage.claim", "spec.storage.uri, or leave storage out to use --store");
    }
    Path root = Locations.resolve(file, spec.storage().uri(), "spec.storage.uri");
    VersionStore own = VersionStore.open(root);
    stores.put(name, own);
    return own;
  }

  private InputException clusterOnly(String model, String field, String instead) {
    return new InputException(
        file
            + ": Model \""
            + model
            + "\": "
            + field
            + ": a PersistentVolumeClaim is known to a cluster only; give "
            + instead);
  }
}
