package dev.errata.operator.assembly;

import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import java.time.Duration;

/** How operators agree which of them acts. */
public final class Leadership {
  private Leadership() {}

  /**
   * The times of a lease.
   *
   * @param lease after this long without a renewal another operator may take it
   * @param renewal after this long without one its holder gives it up
   * @param retry how often it is renewed or tried for
   */
  public record Pace(Duration lease, Duration renewal, Duration retry) {
    /** A crashed leader is followed within the lease and one retry: 17 s. */
    public static final Pace STANDARD =
        new Pace(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));
  }

  /**
   * An election.
   *
   * @param lease name of the Lease
   * @param namespace of the Lease; null for that of the operator
   * @param identity of this operator; null for the name of its pod
   * @param gained what to do when the lease is this operator's
   * @param lost what to do when the lease is lost. The framework goes on reconciling then, so this
   *     has to end the operator; it is also run when the operator is stopped.
   */
  public static LeaderElectionConfiguration of(
      String lease, String namespace, String identity, Pace pace, Runnable gained, Runnable lost) {
    return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(lease)
        .withLeaseNamespace(namespace)
        .withIdentity(identity)
        .withLeaseDuration(pace.lease())
        .withRenewDeadline(pace.renewal())
        .withRetryPeriod(pace.retry())
        .withLeaderCallbacks(new LeaderCallbacks(gained, lost, leader -> {}))
        .build();
  }
}
