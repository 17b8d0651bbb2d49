package dev.errata.operator.progress;

import dev.errata.api.event.KafkaAccess;
import dev.errata.api.event.Topics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jboss.logging.Logger;

/** Makes the topics that are missing, where the operator may. */
final class EventTopics {
  private static final Logger LOG = Logger.getLogger(EventTopics.class);
  private static final int PARTITIONS = 6;
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final String DAY = String.valueOf(24 * 60 * 60 * 1000);

  private static final List<NewTopic> ALL =
      List.of(
          topic(Topics.PROGRESS, PARTITIONS, Map.of(TopicConfig.RETENTION_MS_CONFIG, DAY)),
          topic(
              Topics.VERSIONS,
              1,
              Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT)),
          topic(Topics.DEAD_LETTERS, 1, Map.of()));

  private EventTopics() {}

  private static NewTopic topic(String name, int partitions, Map<String, String> settings) {
    return new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(settings);
  }

  /** Makes them; what cannot be made is told. Topics that are there stay as they are. */
  static boolean make(KafkaAccess access) {
    Map<String, Object> settings = new HashMap<>(access.properties());
    settings.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, access.bootstrap());
    settings.put(AdminClientConfig.CLIENT_ID_CONFIG, "errata-operator-topics");
    settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS / 2);
    settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS);
    boolean all = true;
    try (Admin admin = Admin.create(settings)) {
      for (var made : admin.createTopics(ALL).values().entrySet()) {
        try {
          made.getValue().get();
          LOG.infof("Made the topic %s", made.getKey());
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof TopicExistsException)) {
            LOG.warnf("The topic %s is not made: %s", made.getKey(), e.getCause().getMessage());
            all = false;
          }
        }
      }
      return all;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (KafkaException e) {
      LOG.warnf("No topics are made: %s: %s", access, e.getMessage());
      return false;
    }
  }
}
