package dev.errata.editing.checkpoint;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Ends the waiting for an endpoint that does not answer: the file system of S3 waits without end
 * for some of its calls.
 */
final class Patience {
  /** System property: seconds to wait for one call, on top of the time that its bytes take. */
  static final String SECONDS = "errata.s3.timeout";

  private static final long DEFAULT_SECONDS = 60;

  /** What a connection gives at least that is not called broken. */
  private static final long BYTES_PER_SECOND = 256 << 10;

  private static final ExecutorService CALLS =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "remote call");
            thread.setDaemon(true);
            return thread;
          });

  private Patience() {}

  /**
   * Calls an endpoint.
   *
   * @param place what the call is about
   * @param bytes how many bytes it moves
   * @throws dev.errata.api.InputException when it fails or takes too long, saying which and the
   *     mend
   */
  static <T> T call(Path place, long bytes, Callable<T> work) {
    long seconds = Long.getLong(SECONDS, DEFAULT_SECONDS) + bytes / BYTES_PER_SECOND;
    Future<T> answer = CALLS.submit(work);
    try {
      return answer.get(seconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw RemoteProblems.of(place, e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw RemoteProblems.of(place, cause instanceof Exception known ? known : e);
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new IllegalStateException(place.toUri() + ": interrupted", e);
    }
  }
}
