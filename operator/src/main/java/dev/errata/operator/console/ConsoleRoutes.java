package dev.errata.operator.console;

import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Leads to the console whoever writes less than its address. */
@ApplicationScoped
class ConsoleRoutes {
  // Relative, for whatever an ingress puts before it.
  private static final String CONSOLE = "console/";

  void add(@Observes Router router) {
    router.get("/").handler(asked -> asked.redirect(CONSOLE));
    router.get("/console").handler(ConsoleRoutes::slash);
  }

  private static void slash(RoutingContext asked) {
    if (asked.normalizedPath().endsWith("/")) {
      asked.next();
    } else {
      asked.redirect(CONSOLE);
    }
  }
}
