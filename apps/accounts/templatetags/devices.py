from django import template

from apps.accounts import devices

register = template.Library()
register.filter("device", devices.device_of)
