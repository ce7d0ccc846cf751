package io.selvage.minicluster;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.server.datanode.DataNode;
import org.apache.hadoop.hdfs.server.datanode.fsdataset.FsDatasetSpi;
import org.apache.hadoop.hdfs.server.datanode.fsdataset.FsVolumeSpi;
import org.apache.hadoop.hdfs.server.datanode.fsdataset.impl.FsVolumeImpl;
import org.apache.hadoop.security.UserGroupInformation;

/** A NameNode and one DataNode; owned by {@link MiniCluster}, which calls it under its lock. */
final class HdfsDaemons {

    /** To a volume: that it has not been told any other. */
    private static final long CAPACITY_OF_THE_DISK = -1;

    private final MiniDFSCluster cluster;

    private HdfsDaemons(MiniDFSCluster cluster) {
        this.cluster = cluster;
    }

    static HdfsDaemons start(MiniClusterSettings settings) throws IOException {
        Configuration configuration = HadoopSettings.apply(HadoopSettings.shared(settings), new HdfsConfiguration());
        HadoopSettings.apply(HadoopSettings.daemonsOnly(settings), configuration);
        MiniDFSCluster cluster = new MiniDFSCluster.Builder(
                        configuration, settings.hdfsFolder().toFile())
                .numDataNodes(1)
                .storagesPerDatanode(1)
                .enableManagedDfsDirsRedundancy(false)
                .format(true)
                .build();
        HdfsDaemons daemons = new HdfsDaemons(cluster);
        try {
            cluster.waitActive();
            daemons.makeUsersFolders();
        } catch (IOException | RuntimeException e) {
            cluster.shutdown();
            throw e;
        }
        return daemons;
    }

    Map<String, String> addresses() {
        Map<String, String> addresses = new TreeMap<>();
        addresses.put("fs.defaultFS", "hdfs://127.0.0.1:" + cluster.getNameNodePort());
        addresses.put("dfs.namenode.rpc-address", "127.0.0.1:" + cluster.getNameNodePort());
        addresses.put(
                "dfs.namenode.http-address",
                "127.0.0.1:" + cluster.getNameNode().getHttpAddress().getPort());
        return addresses;
    }

    /** Whether the DataNode has no room; the NameNode knows before this returns. */
    void setFull(boolean isFull) throws IOException {
        for (DataNode node : cluster.getDataNodes()) {
            try (FsDatasetSpi.FsVolumeReferences volumes = node.getFSDataset().getFsVolumeReferences()) {
                for (FsVolumeSpi volume : volumes) {
                    ((FsVolumeImpl) volume).setCapacityForTesting(isFull ? 0 : CAPACITY_OF_THE_DISK);
                }
            }
        }
        cluster.triggerHeartbeats();
    }

    void stopNameNode() {
        cluster.shutdownNameNode(0);
    }

    /** Returns when the NameNode has its DataNode back and has left its safe mode. */
    void startNameNode() throws IOException {
        cluster.restartNameNode(0, true);
    }

    void stop() {
        cluster.shutdown();
    }

    private void makeUsersFolders() throws IOException {
        FileSystem hdfs = cluster.getFileSystem();
        FsPermission everyonesOwn = new FsPermission((short) 01777);
        Path tmp = new Path("/tmp");
        mkdirsOrThrow(hdfs, tmp);
        hdfs.setPermission(tmp, everyonesOwn);
        mkdirsOrThrow(
                hdfs, new Path("/user", UserGroupInformation.getCurrentUser().getShortUserName()));
    }

    private static void mkdirsOrThrow(FileSystem hdfs, Path folder) throws IOException {
        if (!hdfs.mkdirs(folder)) {
            throw new IOException("HDFS did not make the folder " + folder + ".");
        }
    }
}
