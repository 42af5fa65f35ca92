# What the Makefile tells the settings of this engine when it checks them.
DEVELOPMENT += REDIS_URL= REDIS_PREFIX=
PRODUCTION += REDIS_URL=rediss://:password@redis.example.com:6379/0 REDIS_PREFIX=
