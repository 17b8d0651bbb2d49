package dev.errata.operator.decide;

import dev.errata.api.WorkerReport;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.Reason;

/** How a job ends. */
final class Ending {
  private Ending() {}

  /** It has failed; what still runs of it is stopped. */
  static void fail(Observation seen, Draft draft, Reason reason, String message) {
    draft.conditions.set(ConditionType.Failed, true, reason, message);
    draft.conditions.set(ConditionType.VersionPublished, false, reason, message);
    end(seen, draft);
    draft.notes.add(new Note(true, reason, "", message));
  }

  /** The model holds all facts already. */
  static void unchanged(Observation seen, Draft draft) {
    String message =
        draft.from + " holds all facts already; nothing was edited and no version was made.";
    draft.conditions.set(ConditionType.Complete, true, Reason.Unchanged, message);
    draft.conditions.set(ConditionType.VersionPublished, false, Reason.Unchanged, message);
    end(seen, draft);
    draft.notes.add(new Note(false, Reason.Unchanged, "", message));
  }

  /** There is a version, published or rejected. */
  static void version(Observation seen, Draft draft, WorkerReport report) {
    draft.version = report.version();
    draft.digest = report.digest();
    draft.publication = report;
    String name = report.version() + " of " + seen.model().name();
    if (report.state().equals("Rejected")) {
      fail(
          seen,
          draft,
          Reason.GateMissed,
          name
              + " is stored as Rejected and "
              + report.current()
              + " stays current: "
              + report.reason());
      return;
    }
    String holding =
        report.facts() == null || report.facts().verified() == null
            ? ""
            : ": " + report.facts().verified() + " of " + report.facts().total() + " facts hold";
    String serving =
        report.version().equals(report.current())
            ? ", and is current"
            : "; " + report.current() + " stays current";
    String message = name + " is published from " + draft.from + serving + holding + ".";
    draft.conditions.set(ConditionType.Complete, true, Reason.Published, message);
    draft.conditions.set(ConditionType.VersionPublished, true, Reason.Published, message);
    end(seen, draft);
    draft.notes.add(new Note(false, Reason.Published, "", message));
  }

  private static void end(Observation seen, Draft draft) {
    draft.conditions.set(
        ConditionType.WorkersReady, false, Reason.Finished, Reason.Finished.meaning());
    draft.completionTime = Times.format(draft.now);
    draft.progress = null;
    draft.again = null;
    removeActive(seen, draft);
  }

  static void removeActive(Observation seen, Draft draft) {
    for (ChildView child : seen.children()) {
      if (child.state() == ChildView.State.Active) {
        draft.remove.add(child.name());
      }
    }
  }
}
