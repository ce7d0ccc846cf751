package io.selvage.minicluster;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.ConfigurationProvider;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * What a ResourceManager reads again when it becomes active: not Hadoop's files, as there are none, but the settings
 * that it was made with. Made by Hadoop, by the name of the class; used under the ResourceManager's own lock.
 */
public final class RefreshedSettings extends ConfigurationProvider {

    private byte[] settings = {};

    @Override
    public void initInternal(Configuration daemon) throws IOException {
        ByteArrayOutputStream xml = new ByteArrayOutputStream();
        daemon.writeXml(xml);
        settings = xml.toByteArray();
    }

    @Override
    public @Nullable InputStream getConfigurationInputStream(Configuration unused, String file) {
        return file.equals(YarnConfiguration.YARN_SITE_CONFIGURATION_FILE) ? new ByteArrayInputStream(settings) : null;
    }

    @Override
    public void closeInternal() {}
}
