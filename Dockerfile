# Hawker: one image for the web processes, the Celery worker and beat. docs/production.md says how to run it.

FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=marketplace.settings \
    VAR_DIR=/var/lib/hawker

WORKDIR /srv/hawker

# Wheels alone: nothing is compiled, so no compiler has to be there or be taken out again.
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --only-binary :all: -r requirements.txt

COPY manage.py ./
COPY marketplace ./marketplace
COPY streams ./streams
COPY orders ./orders
COPY refunds ./refunds

# The code and the collected static files belong to root; the user may write below VAR_DIR only.
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/hawker hawker \
 && mkdir -p /var/lib/hawker/media /var/lib/hawker/evidence \
 && chown hawker:hawker /var/lib/hawker /var/lib/hawker/media /var/lib/hawker/evidence \
 && python -m compileall -q . \
 && python manage.py collectstatic --noinput --verbosity 0

USER 10001:10001
EXPOSE 8000

HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]

CMD ["python", "-m", "marketplace.server", "--host", "0.0.0.0", "--port", "8000"]
