package dev.errata.worker.watch;

import dev.errata.api.Progress;
import dev.errata.api.event.ProgressEvent;
import java.util.Map;
import java.util.TreeMap;

/**
 * Adds up what the workers of one job tell, for a listener that knows one stage at a time. What is
 * stale changes nothing; the part of a stage that was told of last is the one that is shown.
 */
final class JobBars {
  private final Progress shown;
  private final Map<Integer, ProgressEvent> latest = new TreeMap<>();
  private String uid;
  private String part;

  JobBars(Progress shown) {
    this.shown = shown;
  }

  /** UID of the job that is shown; null before anything was told. */
  String uid() {
    return uid;
  }

  /** Takes an event in. */
  void hear(ProgressEvent event) {
    boolean other = !event.uid().equals(uid);
    if (other && newer(event)) {
      // A namesake that was made later; sequences begin at the time at which a worker began.
      latest.clear();
      uid = event.uid();
      part = null;
    } else if (other || event.staleBehind(latest.get(event.index()))) {
      return;
    }
    latest.put(event.index(), event);
    String now = event.attempt() + "/" + event.stage() + "/" + event.title();
    if (!now.equals(part)) {
      if (part != null && !last(event)) {
        return;
      }
      part = now;
      shown.stage(event.stage(), event.title(), event.unit());
    }
    long done = 0;
    long total = 0;
    for (ProgressEvent one : latest.values()) {
      if (alike(one, event)) {
        done += one.done();
        total += one.total();
      }
    }
    if (total > 0) {
      shown.advance(done, total);
    }
  }

  private boolean newer(ProgressEvent event) {
    return latest.values().stream().allMatch(known -> known.sequence() < event.sequence());
  }

  /** Whether no worker has told of a later part: shards go through the parts each at its pace. */
  private boolean last(ProgressEvent event) {
    return latest.values().stream()
        .allMatch(
            one ->
                one.attempt() < event.attempt()
                    || (one.attempt() == event.attempt()
                        && (one.stage().compareTo(event.stage()) < 0
                            || one.stage() == event.stage())));
  }

  private static boolean alike(ProgressEvent one, ProgressEvent other) {
    return one.attempt() == other.attempt()
        && one.stage() == other.stage()
        && one.title().equals(other.title());
  }
}
