package io.selvage.master.loop;

import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.protocol.security.Refusals;

/** What the master's own ports refuse: counted by their servers, and told with the session. Safe for any thread. */
public record Doors(Refusals control, Refusals status) {
    public Doors() {
        this(new Refusals("the control port"), new Refusals("the status port"));
    }

    /** Asks about the session. */
    public MasterEvent sessionQuestion(RequestId request) {
        return new MasterEvent.SessionQueried(request, control.total(), status.total());
    }
}
