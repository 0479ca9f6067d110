import java.util.List;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

/**
 * One node of OpenSearch from its libraries: the server with its REST API on the loopback address. It prints only
 * errors, and ends with the process.
 *
 * <pre>OneNode FOLDER HTTP-PORT PORT-FOR-OTHER-NODES</pre>
 */
final class OneNode extends Node {
  private OneNode(Settings settings) {
    super(
        InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "glasshouse"),
        List.of(Netty4Plugin.class),
        false);
  }

  public static void main(String[] args) throws Exception {
    Settings settings =
        Settings.builder()
            .put("path.home", args[0])
            .put("http.port", args[1])
            .put("transport.port", args[2])
            .put("cluster.name", "glasshouse")
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("node.store.allow_mmap", false)
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
    new OneNode(settings).start();
    Thread.currentThread().join();
  }
}
