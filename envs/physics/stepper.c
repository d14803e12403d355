/* A control step of many legged robots: `Actuators.torque`, Bullet's step and the joints' states,
   without a way through Python in between.

   It is a plugin of PyBullet only because Bullet hands a plugin the handle of its client, through
   which everything else is done, by Bullet's own C interface
   (examples/SharedMemory/PhysicsClientC_API.h). `envs/physics/stepper.py` builds and calls it. */

#include <dlfcn.h>
#include <math.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

typedef void *Handle;
/* The inner loop of a numpy function of one argument. */
typedef void Loop(char **arrays, const ptrdiff_t *count, const ptrdiff_t *strides, void *data);

enum { TORQUE_CONTROL = 1, MOST_JOINTS = 32 };

/* E robots of J joints, S physics steps in a control step; arrays are contiguous, in units of
 * envs/physics/motors.py. */
struct Robots {
    int robots, substeps, joints;
    double friction_speed;
    const Handle *clients;                        /* (E,) */
    const int *bodies;                            /* (E,) */
    const int *position_index, *velocity_index;   /* (J,) in Bullet's state of a body */
    const double *limit, *speed_limit, *friction; /* (J,) */
    const double *strength, *kp, *kd;             /* (E, J) */
    const double *at_rest;                        /* (S, E, J) */
    double *motor, *speeds;                       /* (E, S, J) */
    double *state;                                /* (E, J, 2): position, velocity */
    double *base;             /* (E, 13): position, quaternion, velocity, angular velocity */
    double stepping, driving; /* time spent in stepSimulation and in `torques` so far [s] */
};

static Handle (*init_control)(Handle, int, int);
static Handle (*init_step)(Handle);
static Handle (*init_state)(Handle, int);
static Handle (*submit)(Handle, Handle);
static int (*set_torque)(Handle, int, double);
static int (*get_state)(Handle, int *, int *, int *, const double **, const double **,
                        const double **, const double **);
static Loop *hyperbolic_tangent;
static void *tangent_data;
static int api_version;
static _Thread_local Handle newest;

/* Finds Bullet in `pybullet`, the file that Python has loaded. `tanh` is numpy's: another's last
 * bits differ. Returns 0, or 1 if something is missing. */
int bind_bullet(const char *pybullet, int version, Loop *tanh_loop, void *data) {
    void *library = dlopen(pybullet, RTLD_NOW | RTLD_NOLOAD);
    if (!library) return 1;
    init_control = (Handle (*)(Handle, int, int))dlsym(library, "b3JointControlCommandInit2");
    init_step = (Handle (*)(Handle))dlsym(library, "b3InitStepSimulationCommand");
    init_state = (Handle (*)(Handle, int))dlsym(library, "b3RequestActualStateCommandInit");
    submit = (Handle (*)(Handle, Handle))dlsym(library, "b3SubmitClientCommandAndWaitStatus");
    set_torque =
        (int (*)(Handle, int, double))dlsym(library, "b3JointControlSetDesiredForceTorque");
    get_state = (int (*)(Handle, int *, int *, int *, const double **, const double **,
                         const double **, const double **))dlsym(library, "b3GetStatusActualState");
    hyperbolic_tangent = tanh_loop, tangent_data = data, api_version = version;
    return !(init_control && init_step && init_state && submit && set_torque && get_state);
}

/* Bullet calls these three; the client's handle is the first thing in a plugin's context. */
int initPlugin(const Handle *context) {
    newest = *context;
    return api_version;
}
void exitPlugin(const Handle *context) { (void)context; }
int executePluginCommand(const Handle *context, const void *arguments) {
    return (void)context, (void)arguments, 0;
}

/* Handle of the client that this thread loaded the plugin into last. */
Handle newest_client(void) { return newest; }

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}

/* As numpy's minimum and maximum: not a number in `a` stays one. */
static double least(double a, double b) { return a < b || a != a ? a : b; }
static double most(double a, double b) { return a > b || a != a ? a : b; }

/* `Actuators.torque` of robot `row`, operation by operation: the bits are the same. */
static void torques(const struct Robots *all, int row, int substep, double *torque) {
    const int joints = all->joints;
    const double *strength = all->strength + row * joints, *kp = all->kp + row * joints,
                 *kd = all->kd + row * joints;
    const double *state = all->state + 2 * row * joints,
                 *at_rest = all->at_rest + (substep * all->robots + row) * joints;
    double *motor = all->motor + (row * all->substeps + substep) * joints,
           *speeds = all->speeds + (row * all->substeps + substep) * joints;
    double slow[MOST_JOINTS], drag[MOST_JOINTS];
    for (int j = 0; j < joints; j++) slow[j] = state[2 * j + 1] / all->friction_speed;
    char *arrays[] = {(char *)slow, (char *)drag};
    const ptrdiff_t count = joints, strides[] = {sizeof(double), sizeof(double)};
    hyperbolic_tangent(arrays, &count, strides, tangent_data);
    for (int j = 0; j < joints; j++) {
        const double position = state[2 * j], velocity = state[2 * j + 1],
                     peak = strength[j] * all->limit[j], twice = peak + peak;
        const double fall = twice / all->speed_limit[j] * velocity;
        const double highest = least(most(twice - fall, -peak), peak),
                     lowest = least(most(twice + fall, -peak), peak);
        const double wanted = at_rest[j] - kp[j] * position - kd[j] * velocity;
        motor[j] = least(most(wanted, -lowest), highest);
        speeds[j] = velocity;
        torque[j] = motor[j] - all->friction[j] * drag[j];
    }
}

/* All physics steps of a control step, robot by robot: Bullet's code and a robot's data stay in the
 * processor's caches. Returns 0, or 1 if Bullet refused. */
int advance(struct Robots *all) {
    const int joints = all->joints;
    for (int row = 0; row < all->robots; row++) {
        Handle client = all->clients[row];
        double *state = all->state + 2 * row * joints;
        for (int substep = 0; substep < all->substeps; substep++) {
            double torque[MOST_JOINTS];
            double begun = seconds();
            torques(all, row, substep, torque);
            all->driving += seconds() - begun;
            Handle control = init_control(client, all->bodies[row], TORQUE_CONTROL);
            for (int j = 0; j < joints; j++) set_torque(control, all->velocity_index[j], torque[j]);
            submit(client, control);
            begun = seconds();
            submit(client, init_step(client));
            all->stepping += seconds() - begun;
            const double *positions, *velocities;
            Handle status = submit(client, init_state(client, all->bodies[row]));
            if (!status ||
                !get_state(status, NULL, NULL, NULL, NULL, &positions, &velocities, NULL))
                return 1;
            for (int j = 0; j < joints; j++) {
                state[2 * j] = positions[all->position_index[j]];
                state[2 * j + 1] = velocities[all->velocity_index[j]];
            }
            /* A floating base comes first: 7 and 6 numbers. */
            memcpy(all->base + 13 * row, positions, 7 * sizeof(double));
            memcpy(all->base + 13 * row + 7, velocities, 6 * sizeof(double));
        }
    }
    return 0;
}
