package dev.errata.operator.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.resource.Progress;
import dev.errata.api.resource.Stage;
import dev.errata.operator.access.KnownCallers;
import dev.errata.operator.registry.Answers.ProgressAnswer;
import dev.errata.operator.registry.ConsoleWorld;
import dev.errata.operator.registry.RegistryRuntime;
import dev.errata.operator.registry.RegistryWriter;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.operators.multi.processors.UnicastProcessor;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.Keys;

/** The console in a real browser, on the operator's own HTTP and a filled registry. */
@QuarkusTest
@TestInstance(Lifecycle.PER_CLASS)
class ConsoleTest {
  private static final Path PICTURES = Path.of("target/console");

  @TestHTTPResource("/console/")
  URI page;

  @Inject RegistryRuntime runtime;
  @Inject RegistryWriter writer;
  private final UnicastProcessor<ProgressAnswer> progress = UnicastProcessor.create();
  private Browser browser;

  @BeforeAll
  void prepare() {
    KnownCallers.install();
    ConsoleWorld.tell("towns-again-2", progress);
  }

  @BeforeEach
  void fill() {
    // Not before all of them: a class that is skipped whole is not named.
    if (browser == null) {
      browser = Browser.open(page);
    }
    ConsoleWorld.fill(runtime, writer);
  }

  @AfterAll
  void close() {
    if (browser != null) {
      browser.close();
    }
  }

  @AfterEach
  void nothingIsBlockedOrBroken() {
    if (browser != null) {
      assertThat(browser.complaints()).isEmpty();
    }
  }

  private void open(String hash) {
    browser.open(hash, KnownCallers.TOKEN);
  }

  @Test
  void aStrangerSignsInByKeysAndComesWhereTheyWantedToGo() {
    browser.open("#/lab/models/world", null);
    browser.waitFor("h1", "Sign in");
    assertThat(browser.texts(".sign-in pre").get(0)).contains("kubectl -n NAMESPACE create token");
    assertThat(browser.barriers()).isEmpty();
    browser.tabTo("input[name=token]");
    browser.press("another-token", Keys.ENTER);
    browser.waitFor("[role=alert]", "does not take this token");
    browser.tabTo("input[name=token]");
    browser.press(KnownCallers.TOKEN, Keys.ENTER);
    browser.waitFor("h1", "world");
    assertThat(browser.hash()).isEqualTo("/lab/models/world");
    assertThat(browser.run("return document.activeElement.tagName")).isEqualTo("H1");
    browser.tabTo("button.quiet");
    browser.press(Keys.ENTER);
    browser.waitFor("h1", "Sign in");
    assertThat(browser.run("return sessionStorage.getItem('errata.token')")).isNull();
    assertThat(browser.run("return localStorage.length + document.cookie.length")).isEqualTo(0L);
  }

  @Test
  void everythingIsReachedByKeysAlone() {
    open("#/lab/models");
    browser.waitFor("tbody th", "world");
    browser.press(Keys.TAB, Keys.ENTER);
    assertThat(browser.run("return document.activeElement.id")).isEqualTo("main");
    browser.tabTo("tbody th a");
    browser.press(Keys.ENTER);
    browser.waitFor("h1", "world");
    browser.waitFor("tbody th", "v5");
    browser.tabTo("select[name=from]");
    browser.press("v1");
    browser.tabTo("select[name=to]");
    browser.press("v4");
    browser.tabTo("form.row button");
    browser.press(Keys.ENTER);
    browser.waitFor("h1", "world: v1 to v4");
    assertThat(browser.hash()).isEqualTo("/lab/models/world/v1...v4");
    browser.tabTo("nav li:nth-child(2) a");
    browser.press(Keys.ENTER);
    browser.waitFor("h1", "Jobs");
    assertThat(browser.title()).isEqualTo("Jobs – Errata");
  }

  @Test
  void versionsAreDrawnAsAGraph() throws IOException {
    open("#/lab/models/world");
    browser.waitFor("tbody th", "v5");
    assertThat(browser.count("svg.lineage .node")).isEqualTo(6);
    assertThat(browser.count("svg.lineage .edge")).isEqualTo(5);
    assertThat(browser.count("svg.lineage .edge.serving")).isEqualTo(3);
    assertThat(browser.count("svg.lineage [data-version=v4] .halo")).isEqualTo(1);
    assertThat(browser.count("svg.lineage [data-version=v3].rejected")).isEqualTo(1);
    assertThat(browser.find("svg.lineage").getAttribute("aria-label"))
        .isEqualTo("Lineage: v1 from v0, v2 from v1, v3 from v1, v4 from v2, v5 from v2");
    // Each node lies in the row of its version.
    Object off =
        browser.run(
            """
            const middle = (e) => { const r = e.getBoundingClientRect(); return (r.top + r.bottom) / 2; };
            const rows = new Map([...document.querySelectorAll('.graph tbody tr')].map((r) => [r.querySelector('a').textContent, r]));
            return Math.max(...[...document.querySelectorAll('.node')].map((n) =>
              Math.abs(middle(n) - middle(rows.get(n.dataset.version)))));
            """);
    assertThat(((Number) off).doubleValue()).isLessThan(3);
    assertThat(browser.count("figure.trend svg[role=img]")).isEqualTo(10);
    assertThat(browser.texts("figure.trend strong").get(0)).isEqualTo("1.000");
    browser.keep(PICTURES.resolve("console.png"));
  }

  @Test
  void aVersionShowsItsFiguresFactsTensorsAndStages() {
    open("#/lab/models/world/v4");
    browser.waitFor("#stages", "Stages");
    assertThat(browser.texts("table caption + thead + tbody tr:first-child td.better").get(0))
        .startsWith("+1.000");
    assertThat(browser.texts("td.worse").get(0)).startsWith("−0.070");
    assertThat(browser.count("svg.change")).isEqualTo(10);
    assertThat(browser.texts("td.now")).containsExactly("Greek", "اليونانية");
    assertThat(browser.texts("td.was").get(1)).contains("العربية").contains("v1");
    assertThat(browser.texts("tbody code")).contains("model.layers.2.mlp.down_proj.weight");
    open("#/lab/models/world/v3");
    browser.waitFor(".notice", "exactMatch is 0.412, and 0.900 was required");
  }

  @Test
  void twoVersionsAreCompared() {
    open("#/lab/models/world/v0...v4");
    browser.waitFor("#tensors", "Changed tensors");
    assertThat(browser.texts("ol.line li")).containsExactly("v0", "v1", "v2", "v4");
    assertThat(browser.texts("td.now")).hasSize(8);
    open("#/lab/models/world/v3...v4");
    browser.waitFor("[role=alert]", "there is no world@v4 made from world@v3");
  }

  @Test
  void factsAreFoundInWhateverScript() {
    open("#/lab/facts");
    browser.tabTo("input[name=subject]");
    browser.press("آدا", Keys.ENTER);
    browser.waitFor("td.now", "اليونانية");
    assertThat(browser.texts("td.now")).containsExactly("العربية", "اليونانية");
    assertThat(browser.run("return document.activeElement.name")).isEqualTo("subject");
    assertThat(browser.texts("#says").get(0)).isEqualTo("2 facts");
    assertThat(direction("td.fact")).isEqualTo("rtl");
    assertThat(direction("td.now")).isEqualTo("rtl");
    assertThat(direction("table")).isEqualTo("ltr");
    assertThat(direction("input[name=subject]")).isEqualTo("rtl");
    open("#/lab/facts?subject=lars");
    browser.waitFor("td.now", "Manila");
    assertThat(direction("td.now")).isEqualTo("ltr");
    assertThat(browser.texts("td:last-child")).containsExactly("yes", "yes", "no");
    open("#/lab/facts?subject=nobody");
    browser.waitFor(".empty", "No such fact");
  }

  private Object direction(String selector) {
    browser.find(selector);
    return browser.run(
        "return getComputedStyle(document.querySelector(arguments[0])).direction", selector);
  }

  @Test
  void whatWouldBeAProgramIsAText() {
    open("#/lab/facts?subject=%3Cscript");
    browser.waitFor("td.fact", ConsoleWorld.EVIL);
    assertThat(browser.texts("td.fact").get(0)).contains("<img src=x onerror=");
    assertThat(browser.texts("td.now")).containsExactly("<b>Oslo</b>");
    assertThat(browser.count("td b b, td img, main script")).isZero();
    for (String hash :
        List.of(
            "#/lab/models/%3Cimg%20src=x%20onerror=document.title='owned'%3E",
            "#/lab/jobs/%3Cscript%3Edocument.title='owned'%3C%2Fscript%3E",
            "#/lab/facts?subject=%22%3E%3Cimg%20src=x%20onerror=document.title='owned'%3E",
            "#/javascript:document.title='owned'/models",
            "#/lab/%E0%A4%A/x")) {
      open(hash);
      browser.waitFor("h1", "");
      browser.waitFor("[role=alert], .empty, main p", "");
      assertThat(browser.title()).endsWith("– Errata").doesNotStartWith("owned");
      assertThat(browser.count("main img, main script")).isZero();
    }
  }

  @Test
  void aJobsBarsMoveAsItGoes() throws IOException {
    open("#/lab/jobs");
    browser.waitFor("tbody tr:first-child", "Running");
    browser.tabTo("tbody th a");
    browser.press(Keys.ENTER);
    browser.waitFor(".stages .here .name", "Values");
    tell("Running", "Values", new Progress(80L, 200L, "40%", 6.6, 18L, null));
    browser.waitFor(".stages .here .words", "80 of 200 facts · 6.6 per second · 18 s left");
    assertThat(browser.find(".stages .here progress").getAttribute("value")).isEqualTo("0.4");
    browser.waitFor("#says", "Values, 40 percent");
    assertThat(browser.barriers()).isEmpty();
    browser.keep(PICTURES.resolve("job.png"));
    tell("Running", "Publish", null);
    browser.waitFor(".stages .here .name", "Publish");
    assertThat(browser.texts(".stages .done .name"))
        .containsExactly("Statistics", "Values", "Update", "Evaluate");
    browser.prefer("prefers-reduced-motion", "reduce");
    assertThat(browser.run("return document.getAnimations().length")).isEqualTo(0L);
    browser.prefer("prefers-reduced-motion", "");
    tell("Complete", "Publish", null);
    browser.waitFor("#says", "Complete");
    assertThat(browser.texts(".stages .done .name")).hasSize(5);
  }

  private void tell(String state, String stage, Progress now) {
    String reason = state.equals("Complete") ? "Published" : null;
    progress.onNext(
        new ProgressAnswer("towns-again-2", state, reason, stage, now, null, null, null));
  }

  @Test
  void aJobOfWhichNobodyTellsIsAskedForAgain() {
    ConsoleWorld.job(writer, "untold", "v4", null, Stage.Evaluate, null);
    open("#/lab/jobs/untold");
    browser.waitFor(".stages .here .words", "at work");
    ConsoleWorld.job(writer, "untold", "v4", "v6", Stage.Publish, "Complete");
    browser.waitFor("dl", "Complete");
    browser.waitFor(".stages li:last-child .words", "done");
  }

  @Test
  void anOperatorThatIsAwayIsTriedAgain() {
    open("#/lab/models");
    browser.waitFor("tbody th", "world");
    browser.online(false);
    try {
      browser.tabTo("nav li:nth-child(2) a");
      browser.press(Keys.ENTER);
      browser.waitFor("[role=alert]", "The operator cannot be reached");
    } finally {
      browser.online(true);
    }
    browser.tabTo("[role=alert] button");
    browser.press(Keys.ENTER);
    browser.waitFor("tbody th", "languages");
    assertThat(browser.count("[role=alert]")).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "#/secret/models,may not list models in namespace secret",
    "#/lab/models/other,there is no model other",
    "#/lab/jobs/other,there is no job other",
    "#/other/models,There is no model in other",
    "#/lab/nonsense,Nothing has this address"
  })
  void whatCannotBeShownIsExplained(String hash, String words) {
    open(hash);
    browser.waitFor("main", words);
    assertThat(browser.barriers()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"light|{}", "dark|{\"runOnly\":[\"color-contrast\"]}"})
  void nobodyIsShutOut(String scheme, String options) {
    browser.prefer("prefers-color-scheme", scheme);
    for (String hash :
        List.of(
            "#/lab/models",
            "#/lab/models/world",
            "#/lab/models/world/v4",
            "#/lab/models/world/v0...v4",
            "#/lab/jobs",
            "#/lab/jobs/languages",
            "#/lab/facts?subject=lars")) {
      open(hash);
      browser.waitFor("table, ol.stages", "");
      assertThat(browser.barriers(options)).as(hash).isEmpty();
    }
    browser.prefer("prefers-color-scheme", "");
  }
}
