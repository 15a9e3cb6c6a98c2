DROP TABLE checkpoints;
DROP TABLE tiles;
DROP TABLE leaves;
DROP TABLE pending_leaves;
DROP TABLE audit;
DROP TABLE events;
DROP TABLE counters;
