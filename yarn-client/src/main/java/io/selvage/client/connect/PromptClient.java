package io.selvage.client.connect;

import java.io.IOException;
import org.apache.hadoop.yarn.api.protocolrecords.KillApplicationRequest;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.client.api.impl.YarnClientImpl;
import org.apache.hadoop.yarn.exceptions.YarnException;

/** YARN's client, but for one thing: it does not wait for what it has asked to be killed. */
class PromptClient extends YarnClientImpl {
    /** Returns when the ResourceManager has the order; the application's end follows. */
    @Override
    public void killApplication(ApplicationId id, String why) throws YarnException, IOException {
        KillApplicationRequest request = KillApplicationRequest.newInstance(id);
        request.setDiagnostics(why);
        rmClient.forceKillApplication(request);
    }
}
