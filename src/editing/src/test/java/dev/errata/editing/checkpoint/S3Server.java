package dev.errata.editing.checkpoint;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3ErrorCode;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.S3ProxyException;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/** A real server that speaks S3, in this process; and some that do not. */
public record S3Server(S3Proxy server, Objects blobs) implements AutoCloseable {
  /** The objects; what the proxy does in two steps for files is one step here, as in S3. */
  public static final class Objects extends ForwardingBlobStore {
    private final Set<String> uploaded = ConcurrentHashMap.newKeySet();

    Objects(BlobStore files) {
      super(files);
    }

    /** Keys of all objects whose bytes were sent; of copies they were not. */
    public Set<String> uploaded() {
      return Set.copyOf(uploaded);
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream bytes) {
      uploaded.add(request.key());
      if (request.ifMatch() == null) {
        return super.putBlob(request, bytes);
      }
      synchronized (this) {
        String tag = blobMetadata(request.bucket(), request.key()).eTag();
        if (!tag.replace("\"", "").equals(request.ifMatch().replace("\"", ""))) {
          throw new S3ProxyException(S3ErrorCode.PRECONDITION_FAILED);
        }
        return super.putBlob(request, bytes);
      }
    }
  }

  /** Starts a server with one bucket, {@code bucket}, whose objects lie in a directory. */
  public static S3Server start(Path objects) throws Exception {
    Properties settings = new Properties();
    settings.setProperty("jclouds.filesystem.basedir", objects.toRealPath().toString());
    Objects blobs = new Objects(BlobStores.create("filesystem", settings));
    blobs.createContainer("bucket");
    S3Proxy server =
        S3Proxy.builder()
            .blobStore(blobs)
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "someone", "secret")
            .ignoreUnknownHeaders(true)
            .stopTimeout(0)
            .endpoint(URI.create("http://127.0.0.1:0"))
            .build();
    server.start();
    RemoteFiles.configure(Map.of("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:" + server.getPort()));
    System.setProperty("aws.region", "us-east-1");
    System.setProperty("aws.accessKeyId", "someone");
    System.setProperty("aws.secretAccessKey", "secret");
    return new S3Server(server, blobs);
  }

  /** A path in the bucket. */
  public Path path(String key) {
    return at(server.getPort(), "bucket/" + key);
  }

  /** A path on any server. */
  public static Path at(int port, String key) {
    return Path.of(URI.create("s3x://127.0.0.1:" + port + "/" + key));
  }

  @Override
  public void close() throws Exception {
    server.stop();
    blobs.close();
  }

  /** What is done with a server's port. */
  public interface Use {
    /** Does it. */
    void with(int port) throws IOException;
  }

  /** Runs something against a server that gives one answer to everything; 0 for no answer. */
  public static void answering(int status, Use use) throws IOException {
    HttpServer wrong =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    ExecutorService threads = Executors.newCachedThreadPool();
    CountDownLatch over = new CountDownLatch(1);
    wrong.setExecutor(threads);
    wrong.createContext(
        "/",
        exchange -> {
          if (status == 0) {
            try {
              over.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            exchange.close();
            return;
          }
          byte[] body = "this is no S3".getBytes(java.nio.charset.StandardCharsets.UTF_8);
          boolean head = exchange.getRequestMethod().equals("HEAD");
          exchange.sendResponseHeaders(status, head ? -1 : body.length);
          if (!head) {
            exchange.getResponseBody().write(body);
          }
          exchange.close();
        });
    wrong.start();
    try {
      use.with(wrong.getAddress().getPort());
    } finally {
      over.countDown();
      wrong.stop(0);
      threads.shutdownNow();
    }
  }
}
