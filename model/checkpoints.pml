/*
 * The journal, its epochs, checkpoints and the two-phase commit of sinks, with two masters, three tasks and three
 * checkpoints. Masters and tasks die, messages are lost, writes to the journal end with an error though they were
 * made, or were not. scripts/check-model.sh has Spin look at every state that can be reached.
 *
 * What is left out: what tasks compute. A task's position is the number of its last cut: between two cuts it reads one
 * record, and its transaction holds the records between two cuts. What the sink has got is therefore one number as
 * well, and exactly once means that each commit begins where the one before has ended.
 *
 * Broken on purpose by -D: COMMIT_EARLY, NO_FENCE, NO_RESEND, STALE_ACKNOWLEDGEMENT, BLIND_RETRY, OLDER_RESTORED.
 */
#define TASKS 3
#define CHECKPOINTS 3
#define INCARNATIONS 2
#define SLOTS 8
/* So many things go wrong at most, each of the four kinds once. */
#ifndef FAULTS
#define FAULTS 2
#endif

/* Records of the journal. */
mtype = { EPOCH, STARTED, COMPLETED };
/* What a master says to a task. */
mtype = { DEPLOY, TRIGGER, COMPLETE };
/* How a write ends for the master that made it. */
mtype = { WON, LOST, UNKNOWN };

/* ---- the journal: what its records say together ---- */
byte winner[SLOTS];  /* The epoch that has won a slot; 0: it is free. */
byte top;            /* The first free slot. */
byte epoch;
byte started;        /* The newest incarnation. */
byte completed;      /* The newest checkpoint that counts. */
byte completedBy[CHECKPOINTS + 1]; /* The incarnation that it is of. */

/* ---- what tasks have stored in HDFS ---- */
bit stored[INCARNATIONS * CHECKPOINTS * TASKS];
#define STORED(i, c, t) stored[(((i) - 1) * CHECKPOINTS + (c) - 1) * TASKS + (t)]

/* ---- the sink ---- */
byte committed[TASKS];

/* ---- tasks ---- */
byte heard[TASKS];   /* The epoch of the master that the task is registered with; 0: none. */
byte runs[TASKS];    /* The incarnation. */
byte cut[TASKS];     /* The task's position. */
byte done[TASKS];    /* Up to where the task knows that it has committed. */

/* ---- between them ---- */
chan toTask[2 * TASKS] = [3] of { mtype, byte, byte };
byte ackOf[2 * TASKS];  /* The checkpoint that a task has last acknowledged to a master, */
byte ackBy[2 * TASKS];  /* and its incarnation. */
bit lost[2];         /* A task of this master's has died. */
bit alive[2] = 1;
bit stuck;           /* A master needs one more incarnation, or slot, than the model has. */

/* ---- how much may still go wrong ---- */
byte taskDeaths;
byte masterDeaths;
byte badWrites;
byte aborts;

/* A record becomes durable. */
inline write(kind, value) {
    assert(top < SLOTS);
    assert(winner[known] == 0); /* At most one master wins a slot. */
    winner[known] = me + 1;
    top = known + 1;
    if
    :: kind == EPOCH ->
        assert(value > epoch);
        epoch = value
    :: kind == STARTED ->
        assert(epoch == me + 1); /* A master that has been fenced starts nothing. */
        assert(value > started);
        started = value
    :: kind == COMPLETED ->
        assert(epoch == me + 1); /* A master that has been fenced completes nothing. */
        assert(value > completed);
        assert(STORED(incarnation, value, 0) && STORED(incarnation, value, 1) && STORED(incarnation, value, 2));
        completed = value;
        completedBy[value] = incarnation
    fi
}

#ifdef NO_FENCE
/* Appends behind whatever is there. */
#define AIM known = top
#else
#define AIM skip
#endif

/* Writes a record into the slot after the last one that the master knows. */
inline append(kind, value) {
    outcome = UNKNOWN;
    do
    :: atomic { outcome == UNKNOWN ->
           AIM;
           if
           :: known == top -> write(kind, value); known++; outcome = WON
           :: known == top && badWrites > 0 -> badWrites--; write(kind, value)
           :: known == top && badWrites > 0 -> badWrites--
           :: known != top -> outcome = LOST
           fi }
       if
       :: outcome == UNKNOWN ->
           /* An error: the slot is read back. */
           atomic {
#ifdef BLIND_RETRY
               known = top
#else
               if
               :: winner[known] == me + 1 -> known++; outcome = WON
               :: winner[known] == 0 -> skip
               :: else -> outcome = LOST
               fi
#endif
           }
       :: else -> skip
       fi
    :: outcome != UNKNOWN -> break
    od
}

#define ALL_RUN runs[0] == incarnation && runs[1] == incarnation && runs[2] == incarnation
#define CHANNEL(m, t) toTask[(m) * TASKS + (t)]

inline tellAll(what, value) {
    CHANNEL(me, 0)!what, incarnation, value;
    CHANNEL(me, 1)!what, incarnation, value;
    CHANNEL(me, 2)!what, incarnation, value
}

#ifdef STALE_ACKNOWLEDGEMENT
#define HAS_ACKNOWLEDGED(t) ackOf[me * TASKS + (t)] > 0
#else
#define HAS_ACKNOWLEDGED(t) ackOf[me * TASKS + (t)] == pending && ackBy[me * TASKS + (t)] == incarnation
#endif

proctype Master(byte me) {
    byte known;       /* Slots that this master knows. */
    byte incarnation;
    byte last;        /* The newest completed checkpoint. */
    byte number;      /* Of the newest checkpoint that any master is known to have triggered. */
    byte pending;
    byte t;
    mtype outcome;

    /* It reads the journal, and claims the next slot with its epoch. */
    do
    :: d_step { known = top; incarnation = started; last = completed; number = completed; outcome = UNKNOWN }
       if
       :: epoch > me + 1 -> goto dead
       :: else -> skip
       fi
       append(EPOCH, me + 1);
       if
       :: outcome == WON -> break
       :: else -> skip
       fi
    od

    /* Every task registers; it adopts what runs, or starts it anew. */
    if
    :: heard[0] == me + 1 && heard[1] == me + 1 && heard[2] == me + 1 -> skip
    :: epoch > me + 1 -> goto dead
    fi
    if
    :: atomic { (incarnation > 0 && ALL_RUN) ->
           for (t : 0 .. TASKS - 1) {
               if
               :: cut[t] > number -> number = cut[t]
               :: else -> skip
               fi
           };
           t = 0 }
#ifndef NO_RESEND
       if
       :: last > 0 && completedBy[last] == incarnation -> atomic { tellAll(COMPLETE, last) }
       :: else -> skip
       fi
#endif
    :: else -> goto restart
    fi

lead:
    do
    :: (pending == 0 && number < CHECKPOINTS && !lost[me] && ALL_RUN) ->
        atomic { number++; pending = number; tellAll(TRIGGER, pending) }
    :: (pending > 0 && HAS_ACKNOWLEDGED(0) && HAS_ACKNOWLEDGED(1) && HAS_ACKNOWLEDGED(2)) ->
#ifdef COMMIT_EARLY
        tellAll(COMPLETE, pending);
#endif
        append(COMPLETED, pending);
        if
        :: outcome == LOST -> goto dead
        :: else -> skip
        fi
        atomic {
            last = pending;
            pending = 0;
#ifndef COMMIT_EARLY
            tellAll(COMPLETE, last)
#endif
        }
    /* It takes too long. */
    :: atomic { (pending > 0 && aborts > 0) -> aborts--; pending = 0 }
    :: lost[me] -> goto restart
    :: atomic { masterDeaths > 0 -> masterDeaths--; goto dead }
    /* It would lose whatever it wrote. */
    :: (epoch > me + 1 && pending == 0) -> goto dead
    od

restart:
    if
    :: incarnation == INCARNATIONS || top >= SLOTS - 1 -> stuck = 1; goto dead
    :: else -> skip
    fi
    append(STARTED, incarnation + 1);
    if
    :: outcome == LOST -> goto dead
    :: else -> skip
    fi
    atomic {
        incarnation++;
        pending = 0;
        lost[me] = 0;
#ifdef OLDER_RESTORED
        if
        :: last > 0 -> tellAll(DEPLOY, last - 1)
        :: else -> tellAll(DEPLOY, last)
        fi
#else
        tellAll(DEPLOY, last)
#endif
    }
    goto lead;

dead:
    atomic {
        alive[me] = 0;
        lost[me] = 0;
        known = 0; incarnation = 0; last = 0; number = 0; pending = 0; t = 0; outcome = UNKNOWN
    }
}

/* What is on its way is lost. */
inline drain(m, t) {
    do
    :: nempty(CHANNEL(m, t)) -> CHANNEL(m, t)?what, i, c
    :: empty(CHANNEL(m, t)) -> break
    od;
    i = 0; c = 0; what = 0;
    ackOf[(m) * TASKS + (t)] = 0;
    ackBy[(m) * TASKS + (t)] = 0
}

proctype Task(byte me) {
    byte i, c;
    mtype what;

endless:
    do
    /* A newer master is found in the journal; what the one before has on its way is heard no more. */
    :: atomic { epoch > heard[me] ->
           if
           :: heard[me] > 0 -> drain(heard[me] - 1, me)
           :: else -> skip
           fi;
           heard[me] = epoch }
    :: atomic { (heard[me] > 0 && nempty(CHANNEL(heard[me] - 1, me))) ->
           CHANNEL(heard[me] - 1, me)?what, i, c;
           if
           :: what == DEPLOY && i > runs[me] ->
               assert(i <= started); /* No incarnation without a durable record. */
               assert(c <= completed);
               assert(committed[me] <= c); /* What is committed is never read again. */
               committed[me] = c; /* A restore commits what its checkpoint holds. */
               done[me] = c;
               cut[me] = c;
               runs[me] = i
           :: what == TRIGGER && i == runs[me] && c > cut[me] ->
               cut[me] = c;
               if
               :: STORED(runs[me], c, me) = 1;
                  ackOf[(heard[me] - 1) * TASKS + me] = c;
                  ackBy[(heard[me] - 1) * TASKS + me] = i
               :: skip /* It can't be stored. */
               fi
           :: what == COMPLETE && i == runs[me] && c > done[me] ->
               assert(c <= completed && completedBy[c] == i); /* No commit without a durable record. */
               assert(cut[me] >= c);
               assert(committed[me] == done[me]); /* Nothing twice, nothing left out. */
               committed[me] = c;
               done[me] = c
           :: else -> skip
           fi;
           i = 0; c = 0; what = 0 }
    /* Tasks are alike, so that it makes no difference which one dies. */
    :: atomic { me == 0 && taskDeaths > 0 && runs[me] > 0 ->
           taskDeaths--;
           /* Its container is replaced; its stream ends, and the master hears of it. */
           if
           :: heard[me] > 0 ->
               lost[heard[me] - 1] = alive[heard[me] - 1];
               drain(heard[me] - 1, me)
           :: else -> skip
           fi;
           runs[me] = 0;
           cut[me] = 0;
           done[me] = 0;
           i = 0; c = 0; what = 0 }
    od
}

/* When nothing can happen any more, and the newest master leads, all that counts has been committed. */
proctype End() {
    timeout;
    assert(stuck || epoch == 0 || !alive[epoch - 1] || completed == 0
        || (committed[0] == completed && committed[1] == completed && committed[2] == completed))
}

init {
    atomic {
        /* What may go wrong: each of these once, or not at all. */
        if
        :: taskDeaths = 1
        :: taskDeaths = 0
        fi;
        if
        :: masterDeaths = 1
        :: masterDeaths = 0
        fi;
        if
        :: badWrites = 1
        :: badWrites = 0
        fi;
        if
        :: aborts = 1
        :: aborts = 0
        fi;
        taskDeaths + masterDeaths + badWrites + aborts <= FAULTS;
        run Master(0);
        run Master(1);
        run Task(0);
        run Task(1);
        run Task(2);
        run End()
    }
}
