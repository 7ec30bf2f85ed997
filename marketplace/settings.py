"""Every setting of Hawker, from environment variables; a test holds docs/configuration.md to this file."""

from pathlib import Path
from typing import Any

from marketplace.admin_conf import UNFOLD as UNFOLD
from marketplace.lib import env
from marketplace.rest.conf import REST_FRAMEWORK as REST_FRAMEWORK
from marketplace.rest.conf import REST_KNOX as REST_KNOX
from marketplace.rest.conf import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))

# The way it runs
# -----------------------------------------------------------------------------------------------------

MARKETPLACE_MODE = env.choice("MARKETPLACE_MODE", "sandbox", ("sandbox", "production"))
PRODUCTION = MARKETPLACE_MODE == "production"
SANDBOX = not PRODUCTION
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY", None if PRODUCTION else "sandbox-only-this-key-protects-nothing")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
WEB_PROCESSES = env.integer("WEB_PROCESSES", 1, low=1, high=256)
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES", "127.0.0.1")

# Applications
# --------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "marketplace",
    "streams",
    "orders",
    "refunds",
    "unfold.apps.BasicAppConfig",
    "marketplace.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "marketplace.health.ProbesMiddleware",
    "marketplace.middleware.RequestIdMiddleware",
    "marketplace.middleware.MetricsMiddleware",
    "marketplace.page_security.PageSecurityMiddleware",
    "marketplace.middleware.ApiProblemsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "marketplace.urls"
ASGI_APPLICATION = "marketplace.asgi.application"
AUTH_USER_MODEL = "marketplace.User"
AUTHENTICATION_BACKENDS = ["marketplace.cookies.Backend"]
SESSION_ENGINE = "marketplace.cookies"
KNOX_TOKEN_MODEL = "marketplace.ApiToken"  # noqa: S105 - the name of a model
MIGRATION_MODULES = {
    "knox": None
}  # its migrations would make the table of the token model that ours replaces
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "marketplace.storefront.context.viewer",
            ],
        },
    },
]

# Database
# ------------------------------------------------------------------------------------------------------------

_postgres = env.postgres("DATABASE_URL")
SCALED = _postgres is not None

DATABASES: dict[str, dict[str, Any]]
if _postgres is not None:
    _postgres["OPTIONS"] = {
        **dict(_postgres["OPTIONS"]),  # type: ignore[call-overload]
        "prepare_threshold": 1,  # allows orders.ledger.single to prepare; Django's cursors never do
        "pool": {
            "min_size": 1,
            "max_size": env.integer("DATABASE_POOL", 16, low=2, high=500),
            "timeout": 10,
        },
    }
    DATABASES = {"default": _postgres}
else:
    VAR_DIR.mkdir(parents=True, exist_ok=True)  # SQLite makes the file, not the folder of a clean clone
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": env.text("SQLITE_PATH", str(VAR_DIR / "hawker.sqlite3")),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000;",
            },
            "TEST": {"NAME": str(VAR_DIR / "test.sqlite3")},
        }
    }

# Redis, Celery, Channels
# ---------------------------------------------------------------------------------------------

REDIS_URL = env.text("REDIS_URL", "")

CELERY_BEAT_SCHEDULER = "marketplace.beat.Scheduler"  # the table in the code; nothing is kept in a file
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": 120,
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
    }
    CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": env.text("REDIS_PREFIX", "hawker")},
        }
    }
else:
    CELERY_BROKER_URL = "memory://localhost/"
    CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.05}
    CELERY_DB_REUSE_MAX = 200  # tasks by one connection: to open one costs more than most sweeps
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 2000}}
    }

# Selling ----------------------------------------------------------------------------------------------------
# ---------

ADMISSION_QUEUE_SIZE = env.integer("ADMISSION_QUEUE_SIZE", 20_000, low=1)
ADMISSION_BATCH_SIZE = env.integer("ADMISSION_BATCH_SIZE", 512, low=1, high=5_000)
ADMISSION_DEADLINE_SECONDS = env.integer("ADMISSION_DEADLINE_SECONDS", 10, low=1, high=120)
CHAT_ROOM_CAP = env.integer("CHAT_ROOM_CAP", 40, low=4, high=1_000)

# The payment company; empty addresses mean the simulator inside this process
# -----------------------------------------

GATEWAY_URL = env.text("GATEWAY_URL", "")
GATEWAY_KEY = env.text("GATEWAY_KEY", None if PRODUCTION else "gateway-sandbox-key")
GATEWAY_WEBHOOK_SECRET = env.text(
    "GATEWAY_WEBHOOK_SECRET", None if PRODUCTION else "whsec_c2FuZGJveC1vbmx5LXNlY3JldC1vZi1nYXRld2F5"
)
GATEWAY_WEBHOOK_URL = env.text("GATEWAY_WEBHOOK_URL", "")

# Request limits: how many a period, per token, person or address
# -----------------------------------------------------

RATE_LIMITS = {
    "default": env.text("RATE_LIMIT_DEFAULT", "600/m"),
    "anonymous": env.text("RATE_LIMIT_ANONYMOUS", "300/m"),
    "buy": env.text("RATE_LIMIT_BUY", "20/s"),
    "chat": env.text("RATE_LIMIT_CHAT", "2/s"),
    "chat_room": env.text("RATE_LIMIT_CHAT_ROOM", "200/s"),
    "login": env.text("RATE_LIMIT_LOGIN", "10/m"),
}

# Web --------------------------------------------------------------------------------------------------------
# ---------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "marketplace.formats"
USE_I18N = False  # every text is English: a page would ask for its language some hundred times
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_URL = "media/"
MEDIA_ROOT = VAR_DIR / "media"
EVIDENCE_ROOT = VAR_DIR / "evidence"  # files of returns: never below MEDIA_ROOT, which is public
WHITENOISE_USE_FINDERS = SANDBOX
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 31_536_000 if PRODUCTION else 0)
X_FRAME_OPTIONS = "DENY"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Logs -------------------------------------------------------------------------------------------------------
# ---------

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = env.choice("LOG_FORMAT", "json" if PRODUCTION else "console", ("json", "console"))
LOGGING_CONFIG = "marketplace.logs.configure"
LOGGING: dict[str, Any] = {"level": LOG_LEVEL, "format": LOG_FORMAT}
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
