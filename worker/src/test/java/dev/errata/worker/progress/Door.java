package dev.errata.worker.progress;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** Takes connections for a server and passes on what is said only once it is opened. */
final class Door implements AutoCloseable {
  private final ServerSocket outside;
  private final int inside;
  private final CountDownLatch opened = new CountDownLatch(1);
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  /**
   * A closed door.
   *
   * @param server HOST:PORT on this machine
   */
  Door(String server) throws IOException {
    inside = Integer.parseInt(server.substring(server.lastIndexOf(':') + 1));
    outside = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    begin(this::take);
  }

  String address() {
    return "localhost:" + outside.getLocalPort();
  }

  void open() {
    opened.countDown();
  }

  /** What ends a connection ends its thread. */
  private interface Talk {
    void run() throws IOException, InterruptedException;
  }

  private static void begin(Talk talk) {
    Thread thread =
        new Thread(
            () -> {
              try {
                talk.run();
              } catch (IOException | InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "errata-door");
    thread.setDaemon(true);
    thread.start();
  }

  private void take() throws IOException {
    while (true) {
      Socket caller = outside.accept();
      sockets.add(caller);
      begin(() -> lead(caller));
    }
  }

  private void lead(Socket caller) throws IOException, InterruptedException {
    opened.await();
    Socket server = new Socket(InetAddress.getLoopbackAddress(), inside);
    sockets.add(server);
    begin(() -> pass(server, caller));
    pass(caller, server);
  }

  private static void pass(Socket from, Socket to) throws IOException {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    }
  }

  @Override
  public void close() throws IOException {
    outside.close();
    opened.countDown();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
