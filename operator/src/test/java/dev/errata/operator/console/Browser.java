package dev.errata.operator.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A real headless Chromium that looks at the console. Tests that want it are skipped by name where
 * it is not installed; with {@code ERRATA_BROWSER=required} in the environment they fail there.
 */
public final class Browser implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String AXE = axe();

  private final ChromeDriver driver;
  private final URI page;

  private Browser(ChromeDriver driver, URI page) {
    this.driver = driver;
    this.page = page;
  }

  /**
   * Starts one, or skips the test that asks.
   *
   * @param page where the console is
   */
  public static Browser open(URI page) {
    Optional<Path> browser = program("chromium", "google-chrome");
    Optional<Path> chromedriver = program("chromedriver");
    boolean there = browser.isPresent() && chromedriver.isPresent();
    String missing = "no browser: install chromium and chromium-driver";
    if (!there && "required".equals(System.getenv("ERRATA_BROWSER"))) {
      throw new IllegalStateException(missing);
    }
    Assumptions.assumeTrue(there, missing);
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(browser.get().toFile());
    // Root has no sandbox, and containers little of /dev/shm; the pages are our own.
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--lang=en",
        "--window-size=1280,900");
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(chromedriver.get().toFile())
            .usingAnyFreePort()
            .build();
    return new Browser(new ChromeDriver(service, options), page);
  }

  private static Optional<Path> program(String... names) {
    return Stream.of(names)
        .flatMap(
            name ->
                Stream.of(System.getenv("PATH").split(File.pathSeparator))
                    .map(folder -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static String axe() {
    try (InputStream script = Browser.class.getResourceAsStream("/axe.min.js")) {
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Opens an address of the console afresh, as somebody whose token is known to this tab. */
  public void open(String hash, String token) {
    driver.get(page.toString() + "icon.svg");
    driver.executeScript("sessionStorage.clear()");
    if (token != null) {
      driver.executeScript("sessionStorage.setItem('errata.token', arguments[0])", token);
    }
    driver.get(page.toString() + hash);
  }

  String hash() {
    return URI.create(driver.getCurrentUrl()).getFragment();
  }

  String title() {
    return driver.getTitle();
  }

  /** The texts of what a CSS selector finds, once there is such an element. */
  List<String> texts(String selector) {
    return patiently(() -> elements(selector).stream().map(WebElement::getText).toList());
  }

  /** The first element that a CSS selector finds, once it is there. */
  public WebElement find(String selector) {
    return patiently(() -> elements(selector)).get(0);
  }

  /** How many a CSS selector finds now. */
  int count(String selector) {
    return elements(selector).size();
  }

  private List<WebElement> elements(String selector) {
    return driver.findElements(By.cssSelector(selector));
  }

  /** Waits until an element has a text. */
  public void waitFor(String selector, String text) {
    Awaitility.await(selector + " says " + text)
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(texts(selector)).anyMatch(found -> found.contains(text)));
  }

  private static <T> List<T> patiently(java.util.concurrent.Callable<List<T>> question) {
    return Awaitility.await()
        .atMost(PATIENCE)
        .ignoreException(StaleElementReferenceException.class)
        .until(question, found -> !found.isEmpty());
  }

  /** Presses keys, wherever the focus is. */
  public void press(CharSequence... keys) {
    new Actions(driver).sendKeys(keys).perform();
  }

  /** Goes on by the tabulator until something has the focus that a CSS selector finds. */
  public void tabTo(String selector) {
    for (int i = 0; i < 60; i++) {
      press(Keys.TAB);
      if (Boolean.TRUE.equals(
          run("return document.activeElement.matches(arguments[0])", selector))) {
        return;
      }
    }
    throw new AssertionError("no key leads to " + selector);
  }

  Object run(String script, Object... arguments) {
    return driver.executeScript(script, arguments);
  }

  /** Light or dark, as somebody prefers. */
  void prefer(String feature, String value) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", feature, "value", value))));
  }

  /** Whether anything is reached from the browser. */
  void online(boolean whether) {
    driver.executeCdpCommand("Network.enable", Map.of());
    driver.executeCdpCommand(
        "Network.emulateNetworkConditions",
        Map.of(
            "offline", !whether, "latency", 0, "downloadThroughput", -1, "uploadThroughput", -1));
  }

  /** Whatever axe finds that shuts people out. */
  List<?> barriers() {
    return barriers("{}");
  }

  /**
   * What axe finds.
   *
   * @param options of {@code axe.run}, as JSON
   */
  List<?> barriers(String options) {
    driver.executeScript(AXE);
    return (List<?>)
        driver.executeAsyncScript(
            """
            const [options, done] = arguments;
            axe.run(document, JSON.parse(options)).then((found) => done(found.violations.map((v) =>
              `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(' | ')}`)));
            """,
            options);
  }

  /** What the browser has said since this was asked last, but that an answer was not to be had. */
  List<String> complaints() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(entry -> entry.getMessage())
        .filter(message -> !message.contains("Failed to load resource"))
        .toList();
  }

  /** Keeps the whole page as a picture. */
  void keep(Path picture) throws IOException {
    Map<?, ?> size =
        (Map<?, ?>)
            driver.executeCdpCommand("Page.getLayoutMetrics", Map.of()).get("cssContentSize");
    Map<String, Object> clip =
        Map.of(
            "x", 0, "y", 0, "width", size.get("width"), "height", size.get("height"), "scale", 1);
    Map<String, Object> shot =
        driver.executeCdpCommand(
            "Page.captureScreenshot", Map.of("captureBeyondViewport", true, "clip", clip));
    Files.createDirectories(picture.getParent());
    Files.write(picture, Base64.getDecoder().decode((String) shot.get("data")));
  }

  @Override
  public void close() {
    driver.quit();
  }
}
