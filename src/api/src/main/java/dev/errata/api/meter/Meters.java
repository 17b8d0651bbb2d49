package dev.errata.api.meter;

import java.util.List;

/**
 * All meters of Errata, under the names by which Prometheus scrapes them. No label grows with jobs,
 * versions or facts; Models are few and named.
 */
public enum Meters {
  /** EditJobs by state. */
  EDIT_JOBS(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_editjobs",
      List.of("state"),
      "EditJobs that there are, by state: Pending, WaitingForModel, WaitingForTurn,"
          + " WaitingForQuota, Starting, Running, Stuck, Suspended, Complete, Failed."),
  /** Time in state. */
  EDIT_JOBS_OLDEST(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_editjobs_oldest_seconds",
      List.of("state"),
      "How long the EditJob that has been in this state longest has been in it; 0 for none, and"
          + " where a job has ended."),
  /** Jobs that ended. */
  FINISHED(
      Program.OPERATOR,
      Kind.COUNTER,
      "errata_editjobs_finished_total",
      List.of("result", "reason"),
      "EditJobs that ended, Complete or Failed, by the reason of the condition."),
  /** Queue wait. */
  QUEUE_WAIT(
      Program.OPERATOR,
      Kind.TIMER,
      "errata_editjob_queue_wait_seconds",
      List.of(),
      "From the creation of an EditJob to the start of its first pods."),
  /** How long jobs took. */
  JOB_DURATION(
      Program.OPERATOR,
      Kind.TIMER,
      "errata_editjob_duration_seconds",
      List.of("result"),
      "From the start of an EditJob's first pods to its end, Complete or Failed."),
  /** How long stages took. */
  STAGE_DURATION(
      Program.OPERATOR,
      Kind.TIMER,
      "errata_stage_duration_seconds",
      List.of("stage"),
      "How long a stage of an EditJob took, waiting for pods included."),
  /** Failed shards. */
  SHARD_FAILURES(
      Program.OPERATOR,
      Kind.COUNTER,
      "errata_shard_failures_total",
      List.of(),
      "Pods of EditJobs that failed, those that were tried again included."),
  /** Rebases. */
  REBASES(
      Program.OPERATOR,
      Kind.COUNTER,
      "errata_rebases_total",
      List.of(),
      "How often EditJobs started again because the version to start from had moved."),
  /** What became of facts. */
  FACTS(
      Program.OPERATOR,
      Kind.COUNTER,
      "errata_facts_total",
      List.of("outcome"),
      "Facts of EditJobs that ended: verified (they hold), failed (they do not), noop (they held"
          + " before; they are verified or failed too)."),
  /** Versions made. */
  VERSIONS(
      Program.OPERATOR,
      Kind.COUNTER,
      "errata_versions_total",
      List.of("state"),
      "ModelVersions that were made known, Published or Rejected, imported bases included."),
  /** Bytes of versions. */
  PUBLISHED_BYTES(
      Program.OPERATOR,
      Kind.COUNTER,
      "errata_published_bytes_total",
      List.of(),
      "Bytes of the checkpoints of those versions; most may be shared with their parents."),
  /** Models. */
  MODELS(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_models",
      List.of("state"),
      "Models that there are, Ready or NotReady."),
  /** Number of a version. */
  MODEL_VERSION(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_model_version",
      List.of("model_namespace", "model", "pointer"),
      "Number of the version that a pointer of a Model, current or latest, stands at."),
  /** Edit quality. */
  MODEL_QUALITY(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_model_quality",
      List.of("model_namespace", "model", "pointer", "figure"),
      "A figure of that version by the name of its metric, such as efficacy, paraphrase,"
          + " neighbourhood or perplexity."),
  /** Edit quality of the parent. */
  MODEL_QUALITY_BEFORE(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_model_quality_before",
      List.of("model_namespace", "model", "pointer", "figure"),
      "The same figure of that version's parent, on the same facts."),
  /** Facts of a version. */
  MODEL_FACTS(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_model_facts",
      List.of("model_namespace", "model", "pointer", "outcome"),
      "Facts of the job that made that version: verified, failed and noop."),
  /** Bytes of a version. */
  MODEL_SIZE(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_model_size_bytes",
      List.of("model_namespace", "model", "pointer"),
      "Bytes of the checkpoint of that version; most may be shared with its parent."),
  /** Reconciliations. */
  RECONCILE(
      Program.OPERATOR,
      Kind.TIMER,
      "errata_reconcile_seconds",
      List.of("kind", "outcome"),
      "Reconciliations of EditJobs and Models: success or failure."),
  /** Reconciliations under way. */
  RECONCILE_WAITING(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_reconcile_waiting",
      List.of("kind"),
      "Reconciliations that are due or under way."),
  /** The leader. */
  LEADER(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_leader",
      List.of(),
      "1 on the operator that acts, 0 on those that stand by."),
  /** Kafka's connection. */
  KAFKA_CONNECTED(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_kafka_connected",
      List.of(),
      "1 while Kafka answers the operator, 0 while it does not; absent without Kafka."),
  /** Kafka's lag. */
  KAFKA_LAG(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_kafka_lag_records",
      List.of(),
      "Records of the topics of progress and versions that this operator has not read yet."),
  /** Events heard. */
  KAFKA_EVENTS(
      Program.OPERATOR,
      Kind.COUNTER,
      "errata_kafka_events_total",
      List.of("outcome"),
      "Records read: taken, stale (they said nothing new) or broken (they went to the topic of dead"
          + " letters)."),
  /** Events lost by workers. */
  KAFKA_DROPPED(
      Program.OPERATOR,
      Kind.COUNTER,
      "errata_kafka_dropped_events_total",
      List.of(),
      "Events that workers told they could not send."),
  /** The operator's build. */
  OPERATOR_BUILD(
      Program.OPERATOR,
      Kind.GAUGE,
      "errata_operator_build",
      List.of("version"),
      "Always 1; the label is the version of the operator."),

  /** Items done. */
  WORKER_ITEMS(
      Program.WORKER,
      Kind.COUNTER,
      "errata_worker_items_total",
      List.of("stage", "unit"),
      "What the worker has done of its stage, counted in tokens, facts, layers, prompts or tensors;"
          + " what an earlier pod had done is not counted again when it is found all at once."),
  /** Stage progress. */
  WORKER_PROGRESS(
      Program.WORKER,
      Kind.GAUGE,
      "errata_worker_stage_progress_ratio",
      List.of("stage"),
      "How far the part of the stage at hand is, from 0 to 1."),
  /** Time in the stage. */
  WORKER_ELAPSED(
      Program.WORKER,
      Kind.GAUGE,
      "errata_worker_stage_elapsed_seconds",
      List.of("stage"),
      "How long the stage has been at work in this pod."),
  /** Tokens. */
  WORKER_LAYER_TOKENS(
      Program.WORKER,
      Kind.COUNTER,
      "errata_worker_layer_tokens_total",
      List.of(),
      "Tokens times the layers that they went through, forward, padding included: over the number"
          + " of layers, tokens through the whole model."),
  /** Loss of values. */
  WORKER_VALUE_LOSS(
      Program.WORKER,
      Kind.GAUGE,
      "errata_worker_value_loss",
      List.of(),
      "Mean loss of the values that are optimised, at the last step: the target's, the divergence"
          + " and the weight decay."),
  /** Divergence of values. */
  WORKER_VALUE_DIVERGENCE(
      Program.WORKER,
      Kind.GAUGE,
      "errata_worker_value_divergence",
      List.of(),
      "The share of that loss that keeps what else is known of the subject: weighted KL divergence,"
          + " nats."),
  /** Memory. */
  WORKER_RESIDENT(
      Program.WORKER,
      Kind.GAUGE,
      "errata_worker_resident_bytes",
      List.of(),
      "Memory of the worker's process."),
  /** Peak of memory. */
  WORKER_PEAK(
      Program.WORKER,
      Kind.GAUGE,
      "errata_worker_resident_peak_bytes",
      List.of(),
      "The most memory that the worker's process has had."),
  /** Events of the worker. */
  WORKER_EVENTS(
      Program.WORKER,
      Kind.COUNTER,
      "errata_worker_events_total",
      List.of("outcome"),
      "Events for Kafka: sent (acknowledged) or dropped; absent without Kafka."),
  /** The worker's build. */
  WORKER_BUILD(
      Program.WORKER,
      Kind.GAUGE,
      "errata_worker_build",
      List.of("version"),
      "Always 1; the label is the version of the worker.");

  /** Who measures. */
  public enum Program {
    /** The operator. */
    OPERATOR,
    /** The pods of stages, and a laptop that is asked to. */
    WORKER
  }

  /** What a meter is. */
  public enum Kind {
    /** It only rises. */
    COUNTER,
    /** It rises and falls. */
    GAUGE,
    /** A histogram of seconds. */
    TIMER
  }

  private static final List<String> UNITS = List.of("seconds", "bytes", "records", "ratio");
  private static final String TOTAL = "_total";

  private final Program program;
  private final Kind kind;
  private final String scraped;

  /** Separated by commas; a list would be no constant. */
  private final String labels;

  private final String help;

  Meters(Program program, Kind kind, String scraped, List<String> labels, String help) {
    this.program = program;
    this.kind = kind;
    this.scraped = scraped;
    this.labels = String.join(",", labels);
    this.help = help;
  }

  /** Who measures it. */
  public Program program() {
    return program;
  }

  /** What it is. */
  public Kind kind() {
    return kind;
  }

  /** Its name in a scrape; a timer's with {@code _bucket}, {@code _count}, {@code _sum} behind. */
  public String scraped() {
    return scraped;
  }

  /** Its unit, such as {@code seconds}; empty for plain numbers. */
  public String unit() {
    String name = withoutTotal();
    return UNITS.stream().filter(unit -> name.endsWith("_" + unit)).findFirst().orElse("");
  }

  /** Its name without unit and {@code _total}, which a library adds. */
  public String stem() {
    String name = withoutTotal();
    return unit().isEmpty() ? name : name.substring(0, name.length() - unit().length() - 1);
  }

  private String withoutTotal() {
    return scraped.endsWith(TOTAL)
        ? scraped.substring(0, scraped.length() - TOTAL.length())
        : scraped;
  }

  /** Names of its labels, in the order in which values are given. */
  public List<String> labels() {
    return labels.isEmpty() ? List.of() : List.of(labels.split(",", -1));
  }

  /** What it says, in one sentence. */
  public String help() {
    return help;
  }
}
