package dev.errata.operator.registry;

import dev.errata.api.EditJob;
import dev.errata.operator.decide.JobState;
import dev.errata.operator.registry.Answers.ProgressAnswer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import io.smallrye.mutiny.subscription.MultiEmitter;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.ServiceUnavailableException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;

/** Tells how a job goes as long as it goes: from its status, so without any database. */
@ApplicationScoped
class JobStream {
  private static final int MOST = 100;

  private final KubernetesClient client;
  private final Semaphore places = new Semaphore(MOST);

  JobStream(KubernetesClient client) {
    this.client = client;
  }

  /**
   * How a job goes now and whenever that changes, until it has ended; who reads slowly misses what
   * is not the latest.
   *
   * @throws NotFoundException without such a job
   * @throws ServiceUnavailableException when too many listen
   */
  Multi<ProgressAnswer> of(String namespace, String name) {
    var job = client.resources(EditJob.class).inNamespace(namespace).withName(name);
    if (job.get() == null) {
      throw new NotFoundException("there is no job " + name);
    }
    return Multi.createFrom()
        .emitter(
            emitter -> {
              if (!places.tryAcquire()) {
                emitter.fail(new ServiceUnavailableException(MOST + " listen already; try again"));
                return;
              }
              var informer = job.runnableInformer(0);
              emitter.onTermination(
                  () -> {
                    informer.stop();
                    places.release();
                  });
              informer.addEventHandler(new Handler(emitter));
              var unused =
                  informer
                      .start()
                      .exceptionally(
                          e -> {
                            // One that is stopped while it starts says so too.
                            if (!emitter.isCancelled()) {
                              emitter.fail(e);
                            }
                            return null;
                          });
            },
            BackPressureStrategy.LATEST);
  }

  /** Passes on what is new. */
  private static final class Handler implements ResourceEventHandler<EditJob> {
    private final MultiEmitter<? super ProgressAnswer> emitter;
    private final AtomicReference<ProgressAnswer> last = new AtomicReference<>();

    Handler(MultiEmitter<? super ProgressAnswer> emitter) {
      this.emitter = emitter;
    }

    @Override
    public void onAdd(EditJob job) {
      ProgressAnswer now = ProgressAnswer.of(job);
      if (!now.equals(last.getAndSet(now))) {
        emitter.emit(now);
      }
      if (JobState.of(job).state().ended()) {
        emitter.complete();
      }
    }

    @Override
    public void onUpdate(EditJob before, EditJob job) {
      onAdd(job);
    }

    @Override
    public void onDelete(EditJob job, boolean unknown) {
      emitter.complete();
    }
  }
}
