package dev.errata.operator.assembly;

import dev.errata.api.EditJob;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.util.Set;

/** Lets jobs be looked at again because of what happened to another one. */
final class Wakeups extends AbstractEventSource<Void, EditJob> {
  Wakeups() {
    super(Void.class, "wakeups");
  }

  /** Looks at a job again. */
  void wake(EditJob job) {
    wake(ResourceID.fromResource(job));
  }

  /** Looks at a job again. */
  void wake(ResourceID job) {
    if (isRunning()) {
      getEventHandler().handleEvent(new Event(job));
    }
  }

  @Override
  public Set<Void> getSecondaryResources(EditJob primary) {
    return Set.of();
  }
}
