#include "common/indicators/ranked.h"

/* Adams 1993, Efficient sets - a balancing act, JFP 3:4, pp. 553-561, with the bounds of Hirai and
 * Yamamoto 2011, Balancing weight-balanced trees, JFP 21:3, p. 287. A weight is a size plus 1. */
enum { BALANCE_OUTER = 3, BALANCE_INNER = 2 };

_Static_assert(INDICATOR_LENGTH_MAX < UINT16_MAX, "a node's place is 16 bits wide");

void ranked_init_mean(struct ranked *self, struct arena *arena, uint32_t n)
{
    ring_init(&self->ring, arena, n);
    self->root = 0;
    self->nodes = NULL;
    if (n > RANKED_SCAN)
        arena_array(arena, &self->nodes, n + 1, sizeof(struct ranked_node));
}

void ranked_init(struct ranked *self, struct arena *arena, uint32_t n)
{
    ranked_init_mean(self, arena, n);
    if (n <= RANKED_SCAN)
        arena_array(arena, &self->nodes, n + 1, sizeof(struct ranked_node));
}

/* ---- the tree ---------------------------------------------------------------------------------
 */

struct tree {
    struct ranked_node *nodes; /* nodes[0] is no node: size and sum zero */
    const double *values;      /* of place i at i */
};

static struct tree tree_of(const struct ranked *self)
{
    return (struct tree){self->nodes, self->ring.data - 1};
}

static void gather_below(const struct tree *tree, uint32_t i)
{
    struct ranked_node *node = &tree->nodes[i];
    const struct ranked_node *left = &tree->nodes[node->left], *right = &tree->nodes[node->right];
    node->size = (uint16_t)(left->size + right->size + 1);
    node->sum = dd_add_number(dd_add(left->sum, right->sum), tree->values[i]);
}

static uint32_t rotate_left(const struct tree *tree, uint32_t i)
{
    uint32_t top = tree->nodes[i].right;
    tree->nodes[i].right = tree->nodes[top].left;
    tree->nodes[top].left = (uint16_t)i;
    gather_below(tree, i);
    gather_below(tree, top);
    return top;
}

static uint32_t rotate_right(const struct tree *tree, uint32_t i)
{
    uint32_t top = tree->nodes[i].left;
    tree->nodes[i].left = tree->nodes[top].right;
    tree->nodes[top].right = (uint16_t)i;
    gather_below(tree, i);
    gather_below(tree, top);
    return top;
}

static unsigned weight(const struct tree *tree, uint32_t i)
{
    return tree->nodes[i].size + 1u;
}

/* Makes i, one side of which has changed by one value, balanced again; gives what stands there. */
static uint32_t balance(const struct tree *tree, uint32_t i)
{
    struct ranked_node *node = &tree->nodes[i];
    uint32_t left = node->left, right = node->right;
    if (weight(tree, right) > BALANCE_OUTER * weight(tree, left)) {
        const struct ranked_node *heavy = &tree->nodes[right];
        if (weight(tree, heavy->left) >= BALANCE_INNER * weight(tree, heavy->right))
            node->right = (uint16_t)rotate_right(tree, right);
        return rotate_left(tree, i);
    }
    if (weight(tree, left) > BALANCE_OUTER * weight(tree, right)) {
        const struct ranked_node *heavy = &tree->nodes[left];
        if (weight(tree, heavy->right) >= BALANCE_INNER * weight(tree, heavy->left))
            node->left = (uint16_t)rotate_left(tree, left);
        return rotate_right(tree, i);
    }
    gather_below(tree, i);
    return i;
}

static bool stands_before(const struct tree *tree, uint32_t i, uint32_t k)
{
    double a = tree->values[i], b = tree->values[k];
    return a < b || (a == b && i < k);
}

static uint32_t insert(const struct tree *tree, uint32_t top, uint32_t i)
{
    struct ranked_node *node = &tree->nodes[top];
    if (top == 0) {
        tree->nodes[i] = (struct ranked_node){.size = 1, .sum = {tree->values[i], 0}};
        return i;
    }
    if (stands_before(tree, i, top))
        node->left = (uint16_t)insert(tree, node->left, i);
    else
        node->right = (uint16_t)insert(tree, node->right, i);
    return balance(tree, top);
}

/* Takes the first node below top out, and gives it in *first. */
static uint32_t take_first(const struct tree *tree, uint32_t top, uint32_t *first)
{
    struct ranked_node *node = &tree->nodes[top];
    if (node->left == 0) {
        *first = top;
        return node->right;
    }
    node->left = (uint16_t)take_first(tree, node->left, first);
    return balance(tree, top);
}

static uint32_t take_out(const struct tree *tree, uint32_t top, uint32_t i)
{
    struct ranked_node *node = &tree->nodes[top];
    if (top == i) {
        uint32_t next;
        if (node->left == 0 || node->right == 0)
            return node->left | node->right;
        uint32_t right = take_first(tree, node->right, &next);
        tree->nodes[next].left = node->left;
        tree->nodes[next].right = (uint16_t)right;
        return balance(tree, next);
    }
    if (stands_before(tree, i, top))
        node->left = (uint16_t)take_out(tree, node->left, i);
    else
        node->right = (uint16_t)take_out(tree, node->right, i);
    return balance(tree, top);
}

/* How many values are below x, and their sum. */
static uint32_t count_below(const struct ranked *self, double x, struct dd *sum)
{
    struct tree tree = tree_of(self);
    uint32_t count = 0;
    *sum = (struct dd){0, 0};
    for (uint32_t i = self->root; i != 0;) {
        const struct ranked_node *node = &tree.nodes[i];
        if (tree.values[i] < x) {
            count += tree.nodes[node->left].size + 1u;
            *sum = dd_add_number(dd_add(*sum, tree.nodes[node->left].sum), tree.values[i]);
            i = node->right;
        } else {
            i = node->left;
        }
    }
    return count;
}

/* The value that has `rank` others before it. */
static double value_of_rank(const struct ranked *self, uint32_t rank)
{
    struct tree tree = tree_of(self);
    uint32_t i = self->root;
    for (;;) {
        uint32_t before = tree.nodes[tree.nodes[i].left].size;
        if (rank == before)
            return tree.values[i];
        if (rank < before) {
            i = tree.nodes[i].left;
        } else {
            rank -= before + 1;
            i = tree.nodes[i].right;
        }
    }
}

/* ---- questions --------------------------------------------------------------------------------
 */

double ranked_quantile(const struct ranked *self, double x, double q)
{
    struct dd unused;
    bool drives_out = ring_is_full(&self->ring);
    double oldest = ring_oldest(&self->ring), at[2];
    uint32_t rank_of_oldest = drives_out ? count_below(self, oldest, &unused) : UINT32_MAX;
    uint32_t rank_of_x = count_below(self, x, &unused) - (drives_out && oldest < x);
    double place = q * (self->ring.n - 1);
    uint32_t lower = (uint32_t)place, upper = lower + (lower + 1 < self->ring.n);
    for (int k = 0; k < 2; k++) {
        uint32_t rank = k == 0 ? lower : upper;
        bool behind_x = rank > rank_of_x;
        uint32_t others = rank - behind_x;
        at[k] = rank == rank_of_x ? x : value_of_rank(self, others + (others >= rank_of_oldest));
    }
    return at[0] + (at[1] - at[0]) * (place - lower);
}

/* In the order of the ring: where the newest value is the mean, the reference's rounding, which
 * decides the sign of what is left, is had to the bit. */
static double scan_mean(const struct ring *ring, double x, double *distances)
{
    const double *values = ring->data;
    double sum = 0, away = 0;
    for (uint32_t i = 0; i < ring->n; i++)
        sum += i == ring->head ? x : values[i];
    double mean = sum / ring->n;
    for (uint32_t i = 0; i < ring->n; i++)
        away += fabs((i == ring->head ? x : values[i]) - mean);
    *distances = away;
    return mean;
}

double ranked_mean(const struct ranked *self, double x, double *distances)
{
    double n = self->ring.n, oldest = ring_is_full(&self->ring) ? ring_oldest(&self->ring) : 0;
    if (n <= RANKED_SCAN)
        return scan_mean(&self->ring, x, distances);
    struct dd below, change = two_sum(x, -oldest);
    struct dd sum = dd_add(tree_of(self).nodes[self->root].sum, change);
    double mean = dd_divide(sum, n);
    int count = (int)count_below(self, mean, &below);
    if (ring_is_full(&self->ring) && oldest < mean) {
        below = dd_add_number(below, -oldest);
        count--;
    }
    if (x < mean) {
        below = dd_add_number(below, x);
        count++;
    }
    /* What lies above, less what lies below, and the mean as often as it was taken wrongly. */
    struct dd away = dd_subtract(sum, dd_scale(below, 2));
    double total = dd_value(dd_add(away, two_product(mean, 2 * count - n)));
    *distances = total > 0 ? total : 0;
    return mean;
}

void ranked_keep(struct ranked *self, double x)
{
    uint32_t place = self->ring.head + 1;
    bool drives_out = ring_is_full(&self->ring);
    if (!self->nodes) {
        ring_store(&self->ring, x, true);
        return;
    }
    struct tree tree = tree_of(self);
    if (drives_out)
        self->root = take_out(&tree, self->root, place);
    ring_store(&self->ring, x, true);
    self->root = insert(&tree, self->root, place);
}
