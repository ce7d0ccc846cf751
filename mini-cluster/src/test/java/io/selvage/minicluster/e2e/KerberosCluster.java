package io.selvage.minicluster.e2e;

import io.selvage.minicluster.MiniCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivilegedExceptionAction;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.minikdc.MiniKdc;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * A mini-cluster with Kerberos, whose tokens hold for seconds. All of its daemons are one principal, since Hadoop has
 * one user for a process; Anna is another one.
 */
final class KerberosCluster implements AutoCloseable {
    /**
     * So long a token holds, renewed or not. A master that ends just after the next ones were due leaves its executors
     * with all of it, within which there has to be another.
     */
    static final long LIFE_MILLIS = 30_000;

    private static final String REALM = "EXAMPLE.COM";
    private static final String DAEMONS = "daemons/localhost@" + REALM;
    private static final String PAGES = "HTTP/localhost@" + REALM;

    static final String ANNA = "anna@" + REALM;

    private final Path folder;
    private final MiniKdc center;
    private final UserGroupInformation anna;
    private final MiniCluster cluster;

    KerberosCluster(Path folder, Path clusterFolder) throws Exception {
        this.folder = folder;
        center = new MiniKdc(
                MiniKdc.createConf(),
                Files.createDirectories(folder.resolve("kdc")).toFile());
        center.start();
        System.setProperty("java.security.krb5.conf", krb5Conf().toString());
        center.createPrincipal(daemonsKeytab().toFile(), "daemons/localhost", "HTTP/localhost");
        center.createPrincipal(annasKeytab().toFile(), "anna");
        Configuration kerberos = new Configuration();
        settings().forEach(kerberos::set);
        UserGroupInformation.setConfiguration(kerberos);
        UserGroupInformation.loginUserFromKeytab(DAEMONS, daemonsKeytab().toString());
        anna = UserGroupInformation.loginUserFromKeytabAndReturnUGI(
                ANNA, annasKeytab().toString());
        // One node, which still has the session's files when the tokens with which it has fetched them are over.
        MiniCluster.Builder builder = MiniCluster.builder(clusterFolder).nodeManagers(1);
        settings().forEach(builder::hadoop);
        cluster = builder.start();
        makeHome();
    }

    private Map<String, String> settings() {
        Map<String, String> all = new TreeMap<>();
        all.put("hadoop.security.authentication", "kerberos");
        // Each checkpoint connects anew, and has to prove itself with a token that holds.
        all.put("ipc.client.connection.maxidletime", "200");
        // What NodeManagers fetch files with reads no settings of this cluster, so it could not keep to a protection of
        // the
        // data transfer; block tokens are asked for all the same.
        all.put("ignore.secure.ports.for.testing", "true");
        all.put("dfs.block.access.token.enable", "true");
        all.put("dfs.http.policy", "HTTP_ONLY");
        all.put("dfs.namenode.kerberos.principal", DAEMONS);
        all.put("dfs.namenode.keytab.file", daemonsKeytab().toString());
        all.put("dfs.datanode.kerberos.principal", DAEMONS);
        all.put("dfs.datanode.keytab.file", daemonsKeytab().toString());
        all.put("dfs.web.authentication.kerberos.principal", PAGES);
        all.put("dfs.web.authentication.kerberos.keytab", daemonsKeytab().toString());
        all.put("dfs.namenode.delegation.token.renew-interval", Long.toString(LIFE_MILLIS));
        all.put("dfs.namenode.delegation.token.max-lifetime", Long.toString(LIFE_MILLIS));
        all.put("yarn.resourcemanager.principal", DAEMONS);
        all.put("yarn.resourcemanager.keytab", daemonsKeytab().toString());
        all.put("yarn.nodemanager.principal", DAEMONS);
        all.put("yarn.nodemanager.keytab", daemonsKeytab().toString());
        all.put("yarn.resourcemanager.delegation.token.renew-interval", Long.toString(LIFE_MILLIS));
        all.put("yarn.resourcemanager.delegation.token.max-lifetime", Long.toString(LIFE_MILLIS));
        all.put("yarn.resourcemanager.webapp.delegation-token-auth-filter.enabled", "false");
        all.put("hadoop.proxyuser.daemons.hosts", "*");
        all.put("hadoop.proxyuser.daemons.groups", "*");
        all.put("yarn.acl.enable", "true");
        all.put("yarn.admin.acl", "daemons");
        return all;
    }

    private void makeHome() throws IOException {
        try (FileSystem hdfs = FileSystem.newInstance(cluster.hadoopConfiguration())) {
            org.apache.hadoop.fs.Path home = new org.apache.hadoop.fs.Path("/user/anna");
            if (!hdfs.mkdirs(home)) {
                throw new IOException("HDFS did not make the folder " + home + ".");
            }
            hdfs.setOwner(home, "anna", "anna");
            hdfs.setPermission(home, new FsPermission((short) 0755));
        }
    }

    MiniCluster hadoop() {
        return cluster;
    }

    Path krb5Conf() {
        return center.getKrb5conf().toPath().toAbsolutePath();
    }

    Path annasKeytab() {
        return folder.resolve("anna.keytab");
    }

    private Path daemonsKeytab() {
        return folder.resolve("daemons.keytab");
    }

    /** Does it as Anna, with her ticket; so do threads that it starts. */
    <T> T asAnna(PrivilegedExceptionAction<T> action) throws Exception {
        return anna.doAs(action);
    }

    /** Does it for Anna, with the ticket of the daemons' user, who may act for everybody. */
    <T> T forAnna(PrivilegedExceptionAction<T> action) throws Exception {
        return UserGroupInformation.createProxyUser("anna", UserGroupInformation.getLoginUser())
                .doAs(action);
    }

    @Override
    public void close() throws IOException {
        cluster.close();
        center.stop();
    }
}
