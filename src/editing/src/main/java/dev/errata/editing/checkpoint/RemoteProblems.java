package dev.errata.editing.checkpoint;

import dev.errata.api.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkServiceException;

/** Says in one line what an object store answered, and the mend. */
final class RemoteProblems {
  /** What the native client says of a status of 500 or more once it has retried long enough. */
  private static final String RETRIED = "Response code indicates";

  /** What the native client says where no file of certificates is in any of the usual places. */
  private static final String UNTRUSTING = "Default TLS trust store not found";

  private RemoteProblems() {}

  /** The exception to throw for an error on a remote path. */
  static RuntimeException of(Path path, Exception error) {
    if (error instanceof InputException told) {
      return told;
    }
    String place = path.toUri() + ": ";
    if (String.valueOf(error.getMessage()).contains("No space left")) {
      return new InputException(
          place + "this machine's disk is full; free space for the copy", error);
    }
    if (String.valueOf(error.getMessage()).contains(UNTRUSTING)) {
      return new InputException(
          place
              + "this machine has no CA certificates, which the client of S3 asks for whatever the"
              + " endpoint is; install them (package ca-certificates; for pods, in the workers'"
              + " image)",
          error);
    }
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof SdkServiceException service) {
        return new InputException(place + answer(service.statusCode()), error);
      }
      if (cause instanceof NoSuchFileException) {
        return new InputException(place + answer(404), error);
      }
      if (cause instanceof AccessDeniedException) {
        return new InputException(place + answer(403), error);
      }
      if (cause instanceof TimeoutException) {
        return new InputException(
            place + "the endpoint does not answer in time; try again or check its address", error);
      }
      if (cause instanceof SdkClientException
          && String.valueOf(cause.getMessage()).contains(RETRIED)) {
        return new InputException(
            place
                + "the endpoint is failing or busy ("
                + firstLine(cause.getMessage())
                + "); try again later",
            error);
      }
      if (cause instanceof SdkClientException) {
        return new InputException(
            place
                + "the endpoint cannot be used ("
                + firstLine(cause.getMessage())
                + "); check AWS_ENDPOINT_URL_S3, AWS_REGION and the credentials",
            error);
      }
    }
    if (error instanceof NullPointerException) {
      // The provider takes for granted that an answer has all the headers that those of S3 have.
      return new InputException(
          place
              + "the endpoint cannot be used (its answer lacks what those of S3 have); check"
              + " AWS_ENDPOINT_URL_S3",
          error);
    }
    return error instanceof IOException io
        ? new UncheckedIOException(place + io.getMessage(), io)
        : new IllegalStateException(place + error.getMessage(), error);
  }

  private static String answer(int status) {
    return switch (status) {
      case 401, 403 ->
          "access denied ("
              + status
              + "); check the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE)"
              + " and the bucket's policy";
      case 404 -> "no such bucket or object (404); check the address";
      case 409, 412 -> "another run has written it meanwhile (" + status + "); try again";
      case 429, 500, 502, 503, 504 ->
          "the endpoint is failing or busy (" + status + "); try again later";
      default ->
          "the endpoint answered "
              + status
              + ", which S3 does not; check AWS_ENDPOINT_URL_S3 and the address";
    };
  }

  private static String firstLine(String message) {
    return message == null ? "no reason given" : message.lines().findFirst().orElse("");
  }
}
