package dev.errata.operator.registry;

import dev.errata.operator.access.UnansweredException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.quarkus.security.ForbiddenException;
import jakarta.persistence.PersistenceException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Says why a question is not answered. */
class Refusals {
  private static final Logger LOG = Logger.getLogger(Refusals.class);

  @ServerExceptionMapper
  Response bad(BadQuestionException e) {
    return problem(Response.Status.BAD_REQUEST, e.getMessage());
  }

  @ServerExceptionMapper
  Response forbidden(ForbiddenException e) {
    return problem(Response.Status.FORBIDDEN, e.getMessage());
  }

  @ServerExceptionMapper
  Response other(WebApplicationException e) {
    return problem(e.getResponse().getStatusInfo().toEnum(), e.getMessage());
  }

  @ServerExceptionMapper
  Response away(PersistenceException e) {
    LOG.warnf("A question to the registry is not answered: %s", e.getMessage());
    return later("the registry's database does not answer; try again");
  }

  @ServerExceptionMapper
  Response unasked(KubernetesClientException e) {
    LOG.warnf("A question to the registry is not answered: %s", e.getMessage());
    return later("the API server does not answer; try again");
  }

  @ServerExceptionMapper
  Response unknown(UnansweredException e) {
    return later(e.getMessage());
  }

  private static Response later(String message) {
    return Response.fromResponse(problem(Response.Status.SERVICE_UNAVAILABLE, message))
        .header(HttpHeaders.RETRY_AFTER, UnansweredException.RETRY_AFTER)
        .build();
  }

  private static Response problem(Response.Status status, String message) {
    return Response.status(status)
        .type(MediaType.APPLICATION_JSON)
        .entity(Map.of("error", message))
        .build();
  }
}
