package io.selvage.minicluster;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.ha.HAServiceProtocol.RequestSource;
import org.apache.hadoop.ha.HAServiceProtocol.StateChangeRequestInfo;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;
import org.apache.hadoop.yarn.conf.HAUtil;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.resourcemanager.AdminService;
import org.apache.hadoop.yarn.server.resourcemanager.ResourceManager;
import org.jspecify.annotations.Nullable;

/** A ResourceManager that keeps its addresses while it is stopped and started; owned by {@link YarnDaemons}. */
final class ResourceManagerDaemon {

    private static final List<String> ADDRESSES = List.of(
            YarnConfiguration.RM_ADDRESS,
            YarnConfiguration.RM_SCHEDULER_ADDRESS,
            YarnConfiguration.RM_RESOURCE_TRACKER_ADDRESS,
            YarnConfiguration.RM_ADMIN_ADDRESS,
            YarnConfiguration.RM_WEBAPP_ADDRESS);

    private final String id;
    private final Map<String, String> addresses = new TreeMap<>();
    private @Nullable ResourceManager running;

    private ResourceManagerDaemon(String id) {
        this.id = id;
    }

    /** The only one of its cluster: it is active whenever it runs, and binds whatever ports there are at first. */
    static ResourceManagerDaemon alone() {
        ResourceManagerDaemon daemon = new ResourceManagerDaemon("");
        ADDRESSES.forEach(key -> daemon.addresses.put(key, LoopbackPorts.ADDRESS + ":0"));
        // Tracking URLs hold the port that is configured, and not the one that was bound.
        daemon.addresses.put(YarnConfiguration.RM_WEBAPP_ADDRESS, LoopbackPorts.ADDRESS + ":" + LoopbackPorts.free());
        return daemon;
    }

    /** One of several, which everybody knows from the start: it binds most of its ports only when it is active. */
    static ResourceManagerDaemon oneOfSeveral(String id) {
        ResourceManagerDaemon daemon = new ResourceManagerDaemon(id);
        ADDRESSES.forEach(key -> daemon.addresses.put(key, LoopbackPorts.ADDRESS + ":" + LoopbackPorts.freeForLater()));
        return daemon;
    }

    /** Empty if it is the only one. */
    String id() {
        return id;
    }

    /** What everybody else has to know of it. */
    Map<String, String> addresses() {
        Map<String, String> all = new TreeMap<>();
        addresses.forEach((key, address) -> all.put(HAUtil.addSuffix(key, id), address));
        all.put(HAUtil.addSuffix(YarnConfiguration.RM_HOSTNAME, id), LoopbackPorts.ADDRESS);
        return all;
    }

    boolean isRunning() {
        return running != null;
    }

    /** @throws IllegalStateException if it does not run */
    ResourceManager runningOrThrow() {
        if (running == null) {
            throw new IllegalStateException("The ResourceManager " + id + " does not run.");
        }
        return running;
    }

    /** Stands by from then on, unless it is the only one. */
    void start(YarnConfiguration configuration) {
        if (running != null) {
            throw new IllegalStateException("The ResourceManager " + id + " runs already.");
        }
        // Else the second daemon of a kind finds its metrics' names taken.
        DefaultMetricsSystem.setMiniClusterMode(true);
        if (!id.isEmpty()) {
            configuration.set(YarnConfiguration.RM_HA_ID, id);
            configuration.set(YarnConfiguration.RM_CONFIGURATION_PROVIDER_CLASS, RefreshedSettings.class.getName());
        }
        ResourceManager starting = new ResourceManager();
        try {
            starting.init(configuration);
            starting.start();
        } catch (RuntimeException e) {
            starting.stop();
            throw e;
        }
        running = starting;
        Configuration bound = starting.getConfig();
        for (String key : ADDRESSES) {
            String address = Objects.requireNonNull(bound.get(key), key);
            addresses.put(
                    key,
                    LoopbackPorts.ADDRESS + ":" + URI.create("tcp://" + address).getPort());
        }
    }

    /** Finds the applications that the one which was active before has left in the state store. */
    void makeActive() throws IOException {
        if (!id.isEmpty()) {
            admin().transitionToActive(new StateChangeRequestInfo(RequestSource.REQUEST_BY_USER));
        }
    }

    /** Forgets its applications, and hangs up on everybody. */
    void makeStandby() throws IOException {
        admin().transitionToStandby(new StateChangeRequestInfo(RequestSource.REQUEST_BY_USER));
    }

    void stop() {
        if (running != null) {
            running.stop();
            running = null;
        }
    }

    private AdminService admin() {
        return runningOrThrow().getRMContext().getRMAdminService();
    }
}
