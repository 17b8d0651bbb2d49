package dev.errata.operator.access;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Answers a caller whom nobody knows for now; that is found out before any resource is asked. */
@ApplicationScoped
class UnansweredRoute {
  void add(@Observes Router router) {
    router.route().failureHandler(UnansweredRoute::answer);
  }

  private static void answer(RoutingContext context) {
    if (!(context.failure() instanceof UnansweredException unanswered)) {
      context.next();
      return;
    }
    context
        .response()
        .setStatusCode(HttpResponseStatus.SERVICE_UNAVAILABLE.code())
        .putHeader(HttpHeaderNames.RETRY_AFTER, UnansweredException.RETRY_AFTER)
        .putHeader(HttpHeaderNames.CONTENT_TYPE, "application/json")
        .end(JsonObject.of("error", unanswered.getMessage()).encode());
  }
}
