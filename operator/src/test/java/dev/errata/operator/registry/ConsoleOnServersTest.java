package dev.errata.operator.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.Progress;
import dev.errata.api.resource.Stage;
import dev.errata.operator.Fixtures;
import dev.errata.operator.cluster.RealCluster;
import dev.errata.operator.cluster.Tokens;
import dev.errata.operator.console.Browser;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.TestResourceScope;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** A real browser, a real API server that knows the token, a real database. */
@QuarkusTest
@WithTestResource(value = ServersResource.class, scope = TestResourceScope.MATCHING_RESOURCES)
class ConsoleOnServersTest {
  @TestHTTPResource("/console/")
  URI page;

  @Inject RegistryRuntime runtime;

  @Test
  void aReaderSeesAJobGoOnAndNothingElse() {
    Postgres.assumeHere();
    RealCluster cluster = RealCluster.get();
    try (Browser browser = Browser.open(page)) {
      KubernetesClient admin = cluster.admin();
      String namespace = cluster.namespace("console");
      create(admin, namespace, Fixtures.model());
      EditJob job = create(admin, namespace, Fixtures.editJob());
      runtime.turn();
      browser.open("#/" + namespace + "/jobs/two-facts", null);
      browser.waitFor("h1", "Sign in");
      browser.tabTo("input[name=token]");
      browser.press(Tokens.reader(admin, namespace, "editjobs"), Keys.ENTER);
      browser.waitFor("h1", "two-facts");
      browser.waitFor("dl", "Pending");
      tell(admin, job, new Progress(1L, 4L, "25%", 0.5, 6L, null));
      browser.waitFor(".stages .here .words", "1 of 4 facts");
      tell(admin, job, new Progress(3L, 4L, "75%", 0.5, 2L, null));
      browser.waitFor(".stages .here .words", "3 of 4 facts");
      assertThat(browser.find(".stages .here progress").getAttribute("value")).isEqualTo("0.75");
      browser.tabTo("nav li:first-child a");
      browser.press(Keys.ENTER);
      browser.waitFor("[role=alert]", "may not list models in namespace " + namespace);
    }
  }

  private static <T extends HasMetadata> T create(
      KubernetesClient admin, String namespace, T resource) {
    resource.getMetadata().setNamespace(namespace);
    resource.getMetadata().setUid(null);
    return admin.resource(resource).create();
  }

  private static void tell(KubernetesClient admin, EditJob job, Progress now) {
    EditJob changed = admin.resource(job).get();
    changed.setStatus(
        new EditJobStatus(
            1L,
            Stage.Values,
            now,
            "v0",
            null,
            null,
            null,
            "2026-11-21T00:00:00Z",
            null,
            null,
            null,
            null,
            null));
    admin.resource(changed).patchStatus();
  }
}
